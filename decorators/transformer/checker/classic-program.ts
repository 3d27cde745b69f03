/** A program of TypeScript 5 or 6. */
import { classAt } from './class-at.ts'
import type { ClassicNode, ClassicProgram, ClassicSymbol, ClassicType, ClassicTypeScript } from './classic-api.ts'
import type { Program } from './contract.ts'

export function classicProgram(ts: ClassicTypeScript, program: ClassicProgram): Program {
  const checker = program.getTypeChecker()
  const declarationsOf = (symbol: unknown) => (symbol as ClassicSymbol).declarations ?? []
  return {
    flags: ts,
    checker,
    membersOf: type => (type as ClassicType).types ?? [],
    symbolOf: type => (type as ClassicType).symbol,
    aliasOf: type => {
      const { aliasSymbol: symbol, aliasTypeArguments } = type as ClassicType
      return symbol && { symbol, isGeneric: aliasTypeArguments !== undefined }
    },
    targetOf: type => (type as ClassicType).target,
    parametersOf: type => ((type as ClassicType).target ?? (type as ClassicType)).typeParameters?.length ?? 0,
    filesOf: symbol => declarationsOf(symbol).map(node => node.getSourceFile().fileName),
    placesOf: symbol => declarationsOf(symbol).map(node => ({ file: node.getSourceFile().fileName, end: node.end })),
    isLibrary: file => {
      const source = program.getSourceFile(file)
      return source !== undefined && program.isSourceFileDefaultLibrary(source)
    },
    instanceType: (file, end) => {
      const source = program.getSourceFile(file)
      const node = source && classAt<ClassicNode>(source, end, ts.forEachChild)
      if (!node) return undefined
      const type = checker.getTypeAtLocation(node)
      // Of a class that is an expression this is the class itself.
      const [construct] = checker.getSignaturesOfType(type, ts.SignatureKind.Construct)
      return construct ? checker.getReturnTypeOfSignature(construct) : type
    },
    complaints: file => {
      const source = program.getSourceFile(file)
      if (!source) return []
      return program.getSemanticDiagnostics(source).map(({ start = 0, length = 0, messageText }) => ({
        start,
        end: start + length,
        text: ts.flattenDiagnosticMessageText(messageText, ' '),
      }))
    },
  }
}
