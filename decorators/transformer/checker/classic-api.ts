/** As much of the compiler API of TypeScript 5 and 6 as the checker uses. */
import type { FlagTables, Type, TypeChecker, TypeSymbol } from './contract.ts'

export interface ClassicNode {
  readonly pos: number
  readonly end: number
  readonly members?: unknown
  getSourceFile(): ClassicSourceFile
}

export interface ClassicSourceFile extends ClassicNode {
  readonly fileName: string
}

export interface ClassicType extends Type {
  readonly types?: readonly ClassicType[]
  readonly symbol?: ClassicSymbol
  readonly aliasSymbol?: ClassicSymbol
  readonly aliasTypeArguments?: readonly Type[]
  readonly target?: ClassicType
  readonly typeParameters?: readonly Type[]
  readonly elementFlags?: readonly number[]
}

export interface ClassicSymbol extends TypeSymbol {
  readonly declarations?: readonly ClassicNode[]
}

export interface ClassicDiagnostic {
  readonly start?: number
  readonly length?: number
  readonly code: number
  readonly category: number
  readonly messageText: unknown
}

export interface ClassicProgram {
  getTypeChecker(): TypeChecker & { getTypeAtLocation(node: ClassicNode): Type }
  getSourceFile(file: string): ClassicSourceFile | undefined
  isSourceFileDefaultLibrary(file: ClassicSourceFile): boolean
  getSemanticDiagnostics(file: ClassicSourceFile): readonly ClassicDiagnostic[]
  getCompilerOptions(): ClassicOptions
}

export interface ClassicOptions {
  readonly strict?: boolean
  readonly strictNullChecks?: boolean
  readonly [name: string]: unknown
}

export interface ClassicHost {
  getSourceFile(file: string, settings: unknown): ClassicSourceFile | undefined
  readFile(file: string): string | undefined
  fileExists(file: string): boolean
  directoryExists?(folder: string): boolean
  hasInvalidatedResolutions?(): boolean
}

export interface ClassicConfig {
  readonly options: ClassicOptions
  readonly fileNames: readonly string[]
  readonly projectReferences?: readonly { readonly path: string }[]
  readonly errors: readonly ClassicDiagnostic[]
}

export interface ClassicTypeScript extends FlagTables {
  readonly version: string
  readonly sys: ClassicHost
  readConfigFile(
    file: string,
    read: (file: string) => string | undefined,
  ): { config?: unknown; error?: ClassicDiagnostic }
  parseJsonConfigFileContent(
    config: unknown,
    host: unknown,
    folder: string,
    options: object,
    file: string,
  ): ClassicConfig
  resolveProjectReferencePath(reference: { readonly path: string }): string
  createCompilerHost(options: ClassicOptions, setParentNodes: boolean): ClassicHost
  createSourceFile(file: string, text: string, settings: unknown, setParentNodes: boolean): ClassicSourceFile
  createProgram(given: {
    readonly rootNames: readonly string[]
    readonly options: ClassicOptions
    readonly host: ClassicHost
    readonly oldProgram?: ClassicProgram | undefined
  }): ClassicProgram
  forEachChild<T>(node: ClassicNode, visit: (child: ClassicNode) => T | undefined): T | undefined
  flattenDiagnosticMessageText(text: unknown, newLine: string): string
}
