/** `fieldcast/ts-transformer`: the schemas as arguments of the decorators, while TypeScript 5 or 6 compiles. For ts-patch, ts-loader and the compiler API. */
import { resolve } from 'node:path'
import { createChecker } from '../checker/create.ts'
import { UnresolvedType } from '../errors.ts'
import type { PluginOptions } from '../options.ts'
import { Modules } from '../source/modules.ts'
import { parse } from '../source/parse.ts'
import { type ReadClass, read } from '../transform.ts'
import { sourceOf } from './module-ids.ts'
import {
  compilerApi,
  type TsCall,
  type TsContext,
  type TsDiagnostic,
  type TsFactory,
  type TsNode,
  type TsProgram,
  type TsSourceFile,
  type TypeScript,
} from './ts-api.ts'

export interface TransformerOptions extends PluginOptions {
  /** The TypeScript that compiles. Default: what ts-patch hands over, else the one that is installed in the current folder. */
  readonly ts?: object
}

/** What ts-patch hands over besides. */
export interface TransformerExtras {
  readonly ts?: object
  /** 'tsc', where that is what runs. */
  readonly library?: string
  addDiagnostic?(diagnostic: any): unknown
}

/** As TypeScript's own TransformerFactory, without its types. */
export type Transformer = (context: TsContext) => <File extends TsSourceFile>(file: File) => File

interface Added {
  readonly place: { readonly start: number; readonly end: number }
  /** How many arguments come before the schema; undefined for any number. */
  readonly position: number | undefined
  readonly schema: object
}

/**
 * Transformer that reads the types of decorated methods.
 *
 * ```json
 * { "compilerOptions": { "plugins": [{ "transform": "fieldcast/ts-transformer" }] } }
 * ```
 *
 * With ts-loader `getCustomTransformers: program => ({ before: [fieldcast(program)] })`,
 * with the compiler API `program.emit(undefined, undefined, undefined, undefined, { before: [fieldcast(program, { ts })] })`.
 *
 * @throws UsageError where TypeScript has no compiler API: 7 has none, `fieldcast patch` serves it.
 */
export function fieldcast(
  program?: TsProgram,
  options: TransformerOptions = {},
  extras: TransformerExtras = {},
): Transformer {
  const folder = program?.getCurrentDirectory() ?? process.cwd()
  const ts = compilerApi(extras.ts ?? options.ts, folder)
  const checker = options.checker && program ? createChecker({ running: { ts, program } }) : undefined
  const modules = new Modules(parse, checker)

  return context => file => {
    const path = sourceOf(resolve(folder, file.fileName))
    if (path === undefined) return file
    try {
      const found = read(file.text, path, modules)
      if (!found) return file
      const all = added(found.classes)
      const [first] = all.values()
      if (first && found.dependencies.length > 0 && extras.library === 'tsc' && program && keepsReaders(program))
        refuse(
          first,
          path,
          file.text,
          `tsc would not compile this file again after an edit of ${found.dependencies[0]}`,
          alone,
        )
      return complete(file, path, all)
    } catch (error) {
      if (!(error instanceof UnresolvedType) || !extras.addDiagnostic) throw error
      extras.addDiagnostic(diagnosticOf(error))
      return file
    }

    function complete<File extends TsSourceFile>(source: File, name: string, all: Map<number, Added>): File {
      const waiting = new Map(all)
      const visit = (node: TsNode): unknown => {
        const original: TsNode = ts.getOriginalNode(node)
        const add = ts.isCallExpression(node) && ts.isCallExpression(original) ? waiting.get(original.end) : undefined
        if (!add) return ts.visitEachChild(node, visit, context)
        waiting.delete(original.end)
        return withSchema(node as TsCall, add, name, source.text)
      }
      const completed = ts.visitEachChild(source, visit, context) as File
      const [missed] = waiting.values()
      if (missed) refuse(missed, name, source.text, 'this decorator is not there any more', other)
      return completed
    }

    function withSchema(call: TsCall, add: Added, name: string, text: string): unknown {
      const { factory } = context
      const given: unknown[] = [...call.arguments]
      if (add.position !== undefined) {
        if (call.arguments.some(argument => ts.isSpreadElement(argument)))
          refuse(add, name, text, 'these arguments are spread', 'Write them one by one: the schema follows the last.')
        while (given.length < add.position) given.push(factory.createVoidZero())
      }
      given.push(literal(add.schema, ts, factory))
      return factory.updateCallExpression(call, call.expression, call.typeArguments, given)
    }
  }

  function diagnosticOf({ file, what, hint, place }: UnresolvedType): TsDiagnostic {
    const { start, end, source } = place
    return {
      file: program?.getSourceFile(file) ?? ts.createSourceFile(file, source, ts.ScriptTarget.Latest),
      start,
      length: Math.max(1, end - start),
      messageText: `${what} ${hint}`,
      category: 1,
      code: 0,
      source: 'fieldcast',
    }
  }
}

export default fieldcast

/** Whether tsc emits again only what has changed itself, not what reads types from it. */
function keepsReaders(program: TsProgram): boolean {
  const { isolatedModules, verbatimModuleSyntax, incremental, composite, watch } = program.getCompilerOptions()
  return Boolean((isolatedModules || verbatimModuleSyntax) && (incremental || composite || watch))
}

const alone =
  'With isolatedModules or verbatimModuleSyntax it does so for changed files alone. Switch them off, or "incremental", "composite" and --watch, or run `fieldcast patch` after tsc instead of this transformer.'
const other = 'Another transformer took it away: put fieldcast/ts-transformer before it.'

/** By where the decorator's call ends, which no other call shares. */
function added(classes: readonly ReadClass[]): Map<number, Added> {
  const all = new Map<number, Added>()
  for (const { registrations } of classes)
    for (const { decoration, schema } of registrations) {
      const place = decoration.call!
      if (schema) all.set(place.end, { place, schema, position: decoration.name === 'field' ? undefined : 2 })
    }
  return all
}

function refuse({ place }: Added, file: string, source: string, what: string, hint: string): never {
  throw new UnresolvedType({ file, source, start: place.start, end: place.end }, what, hint)
}

/** JSON as an expression. */
function literal(value: unknown, ts: TypeScript, factory: TsFactory): unknown {
  if (Array.isArray(value)) return factory.createArrayLiteralExpression(value.map(item => literal(item, ts, factory)))
  switch (typeof value) {
    case 'string':
      return factory.createStringLiteral(value)
    case 'boolean':
      return value ? factory.createTrue() : factory.createFalse()
    case 'number': {
      const digits = factory.createNumericLiteral(String(Math.abs(value)))
      return value < 0 ? factory.createPrefixUnaryExpression(ts.SyntaxKind.MinusToken, digits) : digits
    }
    default:
      if (value === null) return factory.createNull()
      return factory.createObjectLiteralExpression(
        Object.entries(value as object)
          .filter(([, item]) => item !== undefined)
          .map(([key, item]) =>
            factory.createPropertyAssignment(factory.createStringLiteral(key), literal(item, ts, factory)),
          ),
      )
  }
}
