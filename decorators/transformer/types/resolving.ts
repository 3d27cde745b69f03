/** What the parts of the resolver ask of each other; resolve.ts provides it. */
import type { Shape } from '../../../lib/schema/shape.ts'
import type { Meaning } from '../source/bindings.ts'
import type { Modules } from '../source/modules.ts'
import type { TSType, TSTypeParameterDeclaration } from '../source/parse.ts'
import type { DeclarationNode, Scope } from '../source/scope.ts'
import type { Resolved } from './shapes.ts'

export interface Span {
  readonly start: number
  readonly end: number
}

/** A type by its name, as it stands in a type, an `extends` clause or an `import()`. */
export interface Reference extends Span {
  /** The last part of the name. */
  readonly name: string
  /** Undefined for what nothing declares: the globals. */
  readonly meaning: Meaning | undefined
  readonly args: readonly TSType[]
}

export interface Resolving {
  readonly modules: Modules
  /** What a type node comes to. */
  resolve(node: TSType, scope: Scope): Resolved
  /** The same where a value must stand: refuses `undefined`, `void` and `never`. */
  shape(node: TSType, scope: Scope): Shape
  reference(reference: Reference, scope: Scope): Resolved
  /** Looks behind the name of a recursive type. */
  open(type: Resolved): Resolved
  /** Runs `make` for a declaration; where it comes back to itself, the type gets a name. */
  named(
    name: string,
    node: DeclarationNode,
    args: readonly Resolved[],
    place: Span,
    scope: Scope,
    make: () => Resolved,
  ): Resolved
  /** Binds type parameters to arguments or defaults. */
  bind(
    parameters: TSTypeParameterDeclaration | null | undefined,
    args: readonly TSType[],
    from: Scope,
    declared: Scope,
    place: Span,
  ): { readonly scope: Scope; readonly args: readonly Resolved[] }
  /** @throws UnresolvedType */
  refuse(place: Span, scope: Scope, what: string, hint: string): never
}
