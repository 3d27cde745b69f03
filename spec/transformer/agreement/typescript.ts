/** What TypeScript 6 itself makes of the type aliases of a program, as shapes. */
import ts from '@typescript/typescript6'
import { type Resolved, unionOf } from '../../../decorators/transformer/types/shapes.ts'
import type { Literal, Shape } from '../../../lib/schema/shape.ts'

/** As much of TypeScript's own library as the programs name; the utilities as TypeScript defines them. */
const library = `
interface Array<T> { length: number; [n: number]: T }
interface ReadonlyArray<T> { readonly length: number; readonly [n: number]: T }
interface Boolean {} interface Function {} interface CallableFunction {} interface NewableFunction {}
interface IArguments {} interface Number {} interface Object {} interface RegExp {} interface String {}
interface TemplateStringsArray extends ReadonlyArray<string> {} interface BigInt {} interface Symbol {}
type Partial<T> = { [P in keyof T]?: T[P] }
type Required<T> = { [P in keyof T]-?: T[P] }
type Readonly<T> = { readonly [P in keyof T]: T[P] }
type Pick<T, K extends keyof T> = { [P in K]: T[P] }
type Record<K extends keyof any, T> = { [P in K]: T }
type Exclude<T, U> = T extends U ? never : T
type Extract<T, U> = T extends U ? T : never
type Omit<T, K extends keyof any> = Pick<T, Exclude<keyof T, K>>
type NonNullable<T> = T & {}
type Uppercase<S extends string> = intrinsic
type Capitalize<S extends string> = intrinsic
`

const options: ts.CompilerOptions = { strict: true, noLib: true, target: ts.ScriptTarget.ES2022, types: [] }
const libraryFile = ts.createSourceFile('/lib.d.ts', library, ts.ScriptTarget.ES2022)

/** A type that has no shape to compare: any, functions, keys that cannot have a value. */
class Beyond extends Error {}

/** The shape of each type alias whose name starts with T, or 'mistake' where TypeScript complains, or 'beyond'. */
export function shapesByTypeScript(source: string): Map<string, Resolved | 'mistake' | 'beyond'> {
  const file = ts.createSourceFile('/model.ts', source, ts.ScriptTarget.ES2022, true)
  const program = ts.createProgram(['/lib.d.ts', '/model.ts'], options, {
    getSourceFile: name => (name === '/model.ts' ? file : name === '/lib.d.ts' ? libraryFile : undefined),
    getDefaultLibFileName: () => '/lib.d.ts',
    writeFile: () => {},
    getCurrentDirectory: () => '/',
    getCanonicalFileName: name => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: name => name === '/model.ts' || name === '/lib.d.ts',
    readFile: () => undefined,
  })
  const checker = program.getTypeChecker()
  const mistakes = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
  const shapes = new Map<string, Resolved | 'mistake' | 'beyond'>()
  for (const node of file.statements) {
    if (!ts.isTypeAliasDeclaration(node) || !node.name.text.startsWith('T')) continue
    const isWrong = mistakes.some(({ start = -1 }) => start >= node.pos && start < node.end)
    shapes.set(node.name.text, isWrong ? 'mistake' : shapeOrBeyond(checker, checker.getTypeAtLocation(node.name)))
  }
  return shapes
}

function shapeOrBeyond(checker: ts.TypeChecker, type: ts.Type): Resolved | 'beyond' {
  try {
    return shapeOf(checker, type)
  } catch (error) {
    if (error instanceof Beyond) return 'beyond'
    throw error
  }
}

function shapeOf(checker: ts.TypeChecker, type: ts.Type): Resolved {
  const is = (flag: ts.TypeFlags): boolean => (type.flags & flag) !== 0
  if (is(ts.TypeFlags.Undefined)) return 'undefined'
  // An intersection that nothing fits still has the flags of one.
  if (is(ts.TypeFlags.Never) || checker.typeToString(type) === 'never') return 'never'
  if (is(ts.TypeFlags.Null)) return 'null'
  if (is(ts.TypeFlags.BooleanLiteral)) return ['enum', [checker.typeToString(type) === 'true']]
  if (type.isStringLiteral() || type.isNumberLiteral()) return ['enum', [type.value as Literal]]
  if (is(ts.TypeFlags.String)) return 'str'
  if (is(ts.TypeFlags.Number)) return 'float64'
  if (is(ts.TypeFlags.Unknown)) return 'unknown'
  if (type.isUnion()) return unionOf(type.types.map(part => shapeOf(checker, part)))
  if (is(ts.TypeFlags.Boolean)) return 'bool'
  const isBrand = type.isIntersection() && type.types.some(({ flags }) => !(flags & ts.TypeFlags.Object))
  if (isBrand || !(is(ts.TypeFlags.Object) || type.isIntersection())) throw new Beyond(checker.typeToString(type))
  if (checker.isTupleType(type)) return tupleOf(checker, type as ts.TupleTypeReference)
  if (checker.isArrayType(type))
    return ['list', value(shapeOf(checker, checker.getTypeArguments(type as ts.TypeReference)[0]!))]
  if (checker.getSignaturesOfType(type, ts.SignatureKind.Call).length > 0) throw new Beyond('a function')
  if (checker.getIndexInfosOfType(type).length > 0) throw new Beyond('open keys')
  const keys: Record<string, Shape> = {}
  for (const property of checker.getPropertiesOfType(type)) {
    const shape = shapeOf(checker, checker.getTypeOfSymbol(property))
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0
    if (isOptional && (shape === 'undefined' || shape === 'never')) continue
    keys[property.name] = isOptional ? value(unionOf([shape, 'undefined'])) : value(shape)
  }
  return ['struct', keys]
}

function tupleOf(checker: ts.TypeChecker, type: ts.TupleTypeReference): Resolved {
  const items = checker.getTypeArguments(type).map((item, index) => {
    const isOptional = ((type.target.elementFlags[index] ?? 0) & ts.ElementFlags.Optional) !== 0
    return value(isOptional ? unionOf([shapeOf(checker, item), 'undefined']) : shapeOf(checker, item))
  })
  return ['tuple', items]
}

function value(shape: Resolved): Shape {
  if (shape === 'undefined' || shape === 'never') throw new Beyond(shape)
  return shape
}
