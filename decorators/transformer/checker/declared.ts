/** From what TypeScript says is declared somewhere to the declaration in the source, which the resolver reads. */
import type { Modules } from '../source/modules.ts'
import type { Declaration, Scope } from '../source/scope.ts'
import type { Resolving, Span } from '../types/resolving.ts'
import type { Resolved } from '../types/shapes.ts'
import type { Program, TypeSymbol } from './contract.ts'
import { isOwn } from './own-package.ts'

/** Where a type is wanted. */
export interface Destination {
  readonly on: Resolving
  readonly place: Span
  readonly scope: Scope
  /** Whether types with names are read from the source, where that tells. */
  readonly syntaxFirst: boolean
}

/** What the resolver makes of a symbol without type arguments; undefined where it finds no such declaration. @throws UnresolvedType */
export function written(program: Program, symbol: TypeSymbol, { on, place, scope }: Destination): Resolved | undefined {
  const declarations = declarationsOf(on.modules, program, symbol)
  if (declarations.length === 0) return undefined
  const { start, end } = place
  return on.reference({ name: symbol.name, meaning: { kind: 'declared', declarations }, args: [], start, end }, scope)
}

/** All declarations of a symbol, or none where they are not all at the top of one file. */
function declarationsOf(modules: Modules, program: Program, symbol: TypeSymbol): readonly Declaration[] {
  const places = program.placesOf(symbol)
  const file = places[0]?.file
  if (file === undefined || places.some(place => place.file !== file)) return []
  if (program.isLibrary(file) || isOwn(file, 'schema/wire')) return []
  const declared = modules.open(file)?.scope.declarations(symbol.name) ?? []
  // A semicolon belongs to a declaration or not, as the parsers differ.
  const isThere = ({ node }: Declaration): boolean => places.some(({ end }) => Math.abs(node.end - end) <= 1)
  return declared.length === places.length && declared.every(isThere) ? declared : []
}

export function isNetworkObject(program: Program, symbol: TypeSymbol): boolean {
  return symbol.name === 'NetworkObject' && program.filesOf(symbol).some(file => isOwn(file, 'schema/network-object'))
}
