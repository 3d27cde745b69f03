/** The door between the two: the syntax first, and TypeScript where that cannot decide. */
import { FieldcastError } from '../../../lib/base/errors.ts'
import { OpenParameter, UnresolvedType } from '../errors.ts'
import type { Modules } from '../source/modules.ts'
import type { Class } from '../source/parse.ts'
import type { Module, Scope } from '../source/scope.ts'
import type { Resolving, Span } from '../types/resolving.ts'
import type { Resolved } from '../types/shapes.ts'
import type { Program, Type } from './contract.ts'
import { shapeOf } from './convert.ts'
import { AnyType, OpenType, Refusal } from './refusal.ts'

/** A member of a class, as the instances of that class have it: one that is inherited from a generic base is closed there. */
export interface Member {
  readonly node: Class
  readonly scope: Scope
  readonly key: string
}

/** The type of which part of a member: of itself, of a parameter by its index, or what its Promise gives. */
export type Part = 'property' | 'result' | number

/** What `bySyntax` gives, or where that refuses and `checker: true` is on, what TypeScript says. */
export function decided(
  on: Resolving,
  member: Member | undefined,
  part: Part,
  place: Span,
  scope: Scope,
  bySyntax: () => Resolved,
): Resolved {
  const { checker } = on.modules
  if (!checker || !member) return bySyntax()
  if (!checker.first)
    try {
      return bySyntax()
    } catch (error) {
      if (!(error instanceof UnresolvedType) || error instanceof OpenParameter) throw error
    }
  return asked(on, member, part, place, scope) ?? bySyntax()
}

/** What TypeScript says; undefined for the result of a method that returns no Promise. */
export function asked(on: Resolving, member: Member, part: Part, place: Span, scope: Scope): Resolved | undefined {
  const checker = on.modules.checker!
  const { module } = member.scope
  const read = new Set<Module>()
  try {
    const program = checker.programOf(module)
    readImports(on.modules, module, read)
    try {
      const type = typeOf(program, member, part)
      return type && shapeOf(program, type, { on, place, scope, syntaxFirst: !checker.first })
    } catch (error) {
      throw error instanceof AnyType ? explained(error, program, scope.module, place, read) : error
    }
  } catch (error) {
    if (!(error instanceof Refusal)) {
      // Its process may have died: the next question starts another.
      if (!(error instanceof FieldcastError)) checker.close()
      throw error
    }
    const isGeneric = part !== 'property' && member.node.typeParameters
    const Kind = error instanceof OpenType && isGeneric ? OpenParameter : UnresolvedType
    return on.refuse(place, scope, error.message, error.hint, Kind)
  }
}

function typeOf(program: Program, { node, scope, key }: Member, part: Part): Type | undefined {
  const { checker, flags } = program
  const instance = program.instanceType(scope.module.file, node.end)
  const symbol = instance && checker.getPropertyOfType(instance, key)
  if (!symbol) throw new Refusal(`TypeScript does not find ${key} here`, 'Write the type out.')
  const type = checker.getTypeOfSymbol(symbol)
  if (part === 'property') return type
  const signatures = checker.getSignaturesOfType(type, flags.SignatureKind.Call)
  if (signatures.length !== 1)
    throw new Refusal(`${key} has more than one signature`, 'Give a field one signature, or write the type out.')
  if (part === 'result') return promised(program, checker.getReturnTypeOfSignature(signatures[0]!))
  const parameter = signatures[0]!.getParameters()[part]
  return parameter && checker.getTypeOfSymbol(parameter)
}

/** What a promise gives in the end; undefined for other types. */
function promised(program: Program, type: Type): Type | undefined {
  const symbol = program.symbolOf(type)
  if (symbol?.name !== 'Promise' || !program.filesOf(symbol).some(file => program.isLibrary(file))) return undefined
  const [given] = program.checker.getTypeArguments(type)
  return given && (promised(program, given) ?? given)
}

/** Whoever reads an `any` that comes from a mistake looks for the mistake. */
function explained(any: AnyType, program: Program, module: Module, place: Span, read: ReadonlySet<Module>): Refusal {
  const here = program.complaints(module.file)
  let why = here.find(({ start, end }) => start < place.end && end > place.start)?.text
  if (any.isError && why === undefined) {
    const other = [module, ...read].find(({ file }) => program.complaints(file).length > 0)
    why = other && `in ${other.file}: ${program.complaints(other.file)[0]!.text}`
  }
  if (why === undefined) return any
  return new Refusal(`${any.message}; it reports: ${why.replace(/\.$/, '')}`, 'Correct that first.')
}

/** Counts what a file imports, and so on, among the files that its types depend on. Packages are not followed. */
function readImports(modules: Modules, from: Module, seen: Set<Module>): void {
  if (seen.has(from)) return
  seen.add(from)
  for (const statement of from.parsed.program.body) {
    const specifier = 'source' in statement ? statement.source?.value : undefined
    const found = specifier === undefined ? undefined : modules.find(from, specifier)
    if (!found || found === 'fieldcast' || /[\\/]node_modules[\\/]/.test(found.file)) continue
    if (!/\.[cm]?[jt]sx?$/.test(found.file)) continue
    const module = modules.open(found.file)
    if (module && !module.parsed.error) readImports(modules, module, seen)
  }
}
