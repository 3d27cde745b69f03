/** As much of TypeScript 5's and 6's compiler API as `fieldcast/ts-transformer` uses: `typescript` is the user's, and its types are not needed to check a program. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { UsageError } from '../../../lib/base/errors.ts'

export interface TsNode {
  readonly kind: number
  readonly end: number
}

export interface TsCall extends TsNode {
  readonly expression: TsNode
  readonly typeArguments?: unknown
  readonly arguments: readonly TsNode[]
}

export interface TsSourceFile {
  readonly kind: number
  readonly fileName: string
  readonly text: string
}

export interface TsProgram {
  getCurrentDirectory(): string
  getSourceFile(fileName: string): object | undefined
  getCompilerOptions(): {
    readonly isolatedModules?: boolean | undefined
    readonly verbatimModuleSyntax?: boolean | undefined
    readonly incremental?: boolean | undefined
    readonly composite?: boolean | undefined
    readonly watch?: unknown
  }
}

export interface TsFactory {
  createTrue(): unknown
  createFalse(): unknown
  createNull(): unknown
  createVoidZero(): unknown
  createStringLiteral(text: string): unknown
  createNumericLiteral(text: string): unknown
  createPrefixUnaryExpression(operator: any, operand: any): unknown
  createArrayLiteralExpression(elements: readonly any[]): unknown
  createPropertyAssignment(name: any, value: any): unknown
  createObjectLiteralExpression(properties: readonly any[]): unknown
  updateCallExpression(call: any, expression: any, typeArguments: any, given: readonly any[]): unknown
}

export interface TsContext {
  readonly factory: TsFactory
}

export interface TsDiagnostic {
  readonly file: unknown
  readonly start: number
  readonly length: number
  readonly messageText: string
  readonly category: number
  readonly code: number
  readonly source: string
}

export interface TypeScript {
  readonly version: string
  readonly SyntaxKind: any
  readonly ScriptTarget: any
  isCallExpression(node: any): boolean
  isSourceFile(node: any): boolean
  isSpreadElement(node: any): boolean
  getOriginalNode(node: any): any
  visitEachChild(node: any, visitor: (node: any) => any, context: any): any
  createSourceFile(fileName: string, text: string, target: any): object
}

/**
 * The given TypeScript, or the project's own.
 *
 * @throws UsageError where that has no compiler API: TypeScript 7.
 */
export function compilerApi(given: object | undefined, folder: string): TypeScript {
  const ts = (given ?? installed(folder)) as Partial<TypeScript>
  if (!ts.visitEachChild)
    throw new UsageError(
      `fieldcast/ts-transformer: TypeScript ${ts.version ?? 'of this version'} runs no transformers, only 5 and 6 do. Run \`fieldcast patch\` after tsc instead, or hand over the TypeScript that compiles: fieldcast(program, { ts }).`,
    )
  return ts as TypeScript
}

function installed(folder: string): object {
  const require = createRequire(join(folder, 'package.json'))
  try {
    return require('typescript') as object
  } catch (cause) {
    throw new UsageError(
      `fieldcast/ts-transformer: there is no TypeScript to be found from ${folder}. Hand over the one that compiles: fieldcast(program, { ts }).`,
      { cause },
    )
  }
}
