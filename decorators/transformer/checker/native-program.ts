/** A program of TypeScript 7. */
import { classAt } from './class-at.ts'
import type { Program } from './contract.ts'
import type {
  NativeHandle,
  NativeNode,
  NativeProject,
  NativeSymbol,
  NativeType,
  NativeTypeScript,
} from './native-api.ts'

export function nativeProgram(ts: NativeTypeScript, { program, checker }: NativeProject): Program {
  const declarationsOf = (symbol: unknown): readonly NativeHandle[] => (symbol as NativeSymbol).declarations
  const targetOf = (type: unknown): NativeType | undefined => {
    const isReference = ((type as NativeType).objectFlags ?? 0) & ts.ObjectFlags.Reference
    return isReference ? (type as NativeType).getTarget() : undefined
  }
  return {
    flags: ts,
    checker,
    membersOf: type => (type as NativeType).getTypes() ?? [],
    symbolOf: type => (type as NativeType).getSymbol(),
    aliasOf: type => {
      const symbol = (type as NativeType).getAliasSymbol()
      return symbol && { symbol, isGeneric: (type as NativeType).getAliasTypeArguments().length > 0 }
    },
    targetOf,
    parametersOf: type => {
      const declared = targetOf(type) ?? (type as NativeType)
      const isGeneric = (declared.objectFlags ?? 0) & ts.ObjectFlags.ClassOrInterface
      return isGeneric ? declared.getTypeParameters().length : 0
    },
    filesOf: symbol => declarationsOf(symbol).map(({ path }) => path),
    placesOf: symbol =>
      declarationsOf(symbol).flatMap(handle => {
        const node = handle.resolve()
        return node ? [{ file: node.getSourceFile().fileName, end: node.end }] : []
      }),
    isLibrary: path => program.getSourceFileMetadataByPath(path)?.isDefaultLibrary ?? false,
    instanceType: (file, end) => {
      const source: NativeNode | undefined = program.getSourceFile(file)
      const node = source && classAt(source, end, (parent, visit) => parent.forEachChild(visit))
      const type = node && checker.getTypeAtLocation(node)
      if (!type) return undefined
      // Of a class that is an expression this is the class itself.
      const [construct] = checker.getSignaturesOfType(type, ts.SignatureKind.Construct)
      return construct ? checker.getReturnTypeOfSignature(construct) : type
    },
    complaints: file => program.getSemanticDiagnostics(file).map(({ pos, end, text }) => ({ start: pos, end, text })),
  }
}
