/** What the parts of the resolver ask of each other; resolve.ts provides it. */
import type { Literal, Shape } from '../../../lib/schema/shape.ts'
import type { UnresolvedType } from '../errors.ts'
import type { Meaning } from '../source/bindings.ts'
import type { Modules } from '../source/modules.ts'
import type { Expression, PropertyKey, TSType, TSTypeParameterDeclaration } from '../source/parse.ts'
import type { DeclarationNode, Scope } from '../source/scope.ts'
import type { Lazy, Part } from './members.ts'
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

/** Type parameters with what they stand for. */
export interface Bound {
  readonly scope: Scope
  /** Undefined for what cannot be sent. */
  readonly args: readonly (Resolved | undefined)[]
}

/** Something that is called by its name in a refusal. */
export interface Named extends Span {
  readonly name: string
}

/**
 * What TypeScript makes of a literal: nothing else with `as const`; the literal itself for a `const`; its general type where another value may follow;
 * and what a type asks for after `satisfies`.
 */
export type Context = 'const' | 'kept' | 'widened' | 'satisfied'

export interface Resolving {
  readonly modules: Modules
  /** The recursive types that were met, by name. */
  readonly types: Readonly<Record<string, Shape>>
  /** What a type node comes to. */
  resolve(node: TSType, scope: Scope): Resolved
  /** The same where a value must stand: refuses `undefined`, `void` and `never`. */
  shape(node: TSType, scope: Scope): Shape
  /** The alternatives of a type, seen from outside. */
  parts(node: TSType, scope: Scope): readonly Part[]
  lazy(node: TSType, scope: Scope): Lazy
  reference(reference: Reference, scope: Scope): Resolved
  referenceParts(reference: Reference, scope: Scope): readonly Part[]
  /** The type of what a name means as a value. */
  valueParts(meaning: Meaning | undefined, place: Named, scope: Scope, context: Context): readonly Part[]
  /** Refuses `undefined` and `never`. */
  sendable(type: Resolved, place: Span, scope: Scope): Shape
  /** What `read` gives, or undefined where it is refused. */
  attempt<T>(read: () => T): T | undefined
  /** The one literal that an expression is by its type, if it is one. */
  literalOf(expression: Expression | PropertyKey, scope: Scope): Literal | undefined
  /** Looks behind the name of a recursive type. */
  open(type: Resolved): Resolved
  /** Runs `make` for a declaration; where it comes back to itself with the same arguments, the type gets a name. */
  named(
    name: string,
    node: DeclarationNode | TSType,
    args: readonly (Resolved | undefined)[],
    place: Span,
    scope: Scope,
    make: () => Resolved,
  ): Resolved
  /** Goes one level deeper. @throws UnresolvedType where there is no end of it. */
  deeper<T>(place: Span, scope: Scope, read: () => T): T
  /** Binds type parameters to arguments or defaults. */
  bind(
    parameters: TSTypeParameterDeclaration | null | undefined,
    args: readonly TSType[],
    from: Scope,
    declared: Scope,
    place: Span,
  ): Bound
  /** @throws UnresolvedType */
  refuse(place: Span, scope: Scope, what: string, hint: string, Kind?: typeof UnresolvedType): never
}
