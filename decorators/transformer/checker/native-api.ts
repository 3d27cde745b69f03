/** As much of `typescript/unstable/sync` of TypeScript 7 as the checker uses. */
import type { FlagTables, Type, TypeChecker, TypeSymbol } from './contract.ts'

export interface NativeNode {
  readonly pos: number
  readonly end: number
  readonly members?: unknown
  forEachChild<T>(visit: (child: NativeNode) => T | undefined): T | undefined
  getSourceFile(): NativeSourceFile
}

export interface NativeSourceFile extends NativeNode {
  readonly fileName: string
}

export interface NativeHandle {
  readonly path: string
  resolve(): NativeNode | undefined
}

export interface NativeSymbol extends TypeSymbol {
  readonly declarations: readonly NativeHandle[]
}

export interface NativeType extends Type {
  getTypes(): readonly NativeType[] | undefined
  getSymbol(): NativeSymbol | undefined
  getAliasSymbol(): NativeSymbol | undefined
  getAliasTypeArguments(): readonly NativeType[]
  getTarget(): NativeType & { readonly elementFlags?: readonly number[] }
  getTypeParameters(): readonly NativeType[]
}

export interface NativeDiagnostic {
  readonly pos: number
  readonly end: number
  readonly code: number
  readonly text: string
}

export interface NativeProject {
  readonly configFileName: string
  readonly rootFiles: readonly string[]
  readonly compilerOptions: { readonly strict?: boolean; readonly strictNullChecks?: boolean }
  readonly checker: TypeChecker & { getTypeAtLocation(node: NativeNode): Type | undefined }
  readonly program: {
    getSourceFile(file: string): NativeSourceFile | undefined
    getSourceFileMetadataByPath(path: string): { readonly isDefaultLibrary: boolean } | undefined
    getSemanticDiagnostics(file: string): readonly NativeDiagnostic[]
    getConfigFileParsingDiagnostics(): readonly NativeDiagnostic[]
  }
}

export interface NativeSnapshot {
  getDefaultProjectForFile(file: string): NativeProject | undefined
  getProject(config: string): NativeProject | undefined
  dispose(): void
}

export interface NativeApi {
  parseConfigFile(file: string): { readonly fileNames: readonly string[] }
  updateSnapshot(given: {
    readonly openFiles?: readonly string[]
    readonly closeFiles?: readonly string[]
    readonly openProjects?: readonly string[]
    readonly closeProjects?: readonly string[]
    readonly fileChanges?: { readonly invalidateAll: true } | { readonly changed: readonly string[] }
  }): NativeSnapshot
  close(): void
}

export interface NativeTypeScript extends FlagTables {
  readonly API: new (options: {
    readonly cwd: string
    readonly fs: {
      readFile(file: string): string | undefined
      fileExists(file: string): boolean | undefined
    }
  }) => NativeApi
}
