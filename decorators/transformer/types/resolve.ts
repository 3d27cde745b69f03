/** The resolver: from a TypeScript type in the source to its shape on the wire, or a refusal that says what to write instead. */
import type { Literal, Shape } from '../../../lib/schema/shape.ts'
import type { Member } from '../checker/ask.ts'
import { UnresolvedType } from '../errors.ts'
import type { Meaning } from '../source/bindings.ts'
import type { Modules } from '../source/modules.ts'
import type { Expression, PropertyKey, TSType, TSTypeParameterDeclaration } from '../source/parse.ts'
import type { DeclarationNode, Scope, TypeArgument } from '../source/scope.ts'
import { literalOf } from './expressions.ts'
import { intersectionType } from './intersections.ts'
import { keysOf } from './keys.ts'
import { literalType } from './literal-types.ts'
import { type Lazy, lazy, memo, type Part, shapeOfParts, structOf } from './members.ts'
import { signatureMembers } from './objects.ts'
import { partsOf, referenceParts } from './parts.ts'
import { Recursion } from './recursion.ts'
import { referenceType } from './reference-types.ts'
import { importOf, referenceOf } from './references.ts'
import { refusedTypes } from './refused-types.ts'
import type { Bound, Context, Named, Reference, Resolving, Span } from './resolving.ts'
import { type Resolved, unionOf } from './shapes.ts'
import { templateType } from './templates.ts'
import { tupleOf } from './tuples.ts'
import { isUtility } from './utilities.ts'
import { valueParts } from './values.ts'

/** So deep may types lie in each other, and of so many parts may one field's types be read. */
const deepest = 250
const mostSteps = 100_000

/** Nobody may go on without a type that has no end. */
class Endless extends UnresolvedType {}

/** Resolves the types of one field or struct; its recursive types gather in `types`. */
export class Resolver implements Resolving {
  readonly modules: Modules
  /** Whose signature it is, for `checker: true`. */
  readonly member: Member | undefined
  /** The recursive types that were met, by name. */
  get types(): Readonly<Record<string, Shape>> {
    return this.#recursion.types
  }
  /** What the types are for: `Player.moveTo`. */
  readonly #subject: string
  readonly #recursion: Recursion
  #depth = 0
  #steps = 0

  constructor(modules: Modules, subject: string, member?: Member) {
    this.modules = modules
    this.member = member
    this.#subject = subject
    this.#recursion = new Recursion(modules.recall(Recursion, () => new Map<object, Resolved>()))
  }

  refuse(place: Span, scope: Scope, what: string, hint: string, Kind: typeof UnresolvedType = UnresolvedType): never {
    throw new Kind(
      { ...place, file: scope.module.file, source: scope.module.source, start: place.start, end: place.end },
      what,
      hint,
      this.#subject,
    )
  }

  shape(node: TSType, scope: Scope): Shape {
    return this.sendable(this.resolve(node, scope), node, scope)
  }

  sendable(type: Resolved, place: Span, scope: Scope): Shape {
    if (type !== 'undefined' && type !== 'never') return type
    return this.refuse(
      place,
      scope,
      `${type} is no value that could be sent`,
      'Leave it out, or write null, or T | undefined.',
    )
  }

  resolve(node: TSType, scope: Scope): Resolved {
    return this.deeper(node, scope, () => this.#resolve(node, scope))
  }

  parts(node: TSType, scope: Scope): readonly Part[] {
    return this.deeper(node, scope, () => partsOf(this, node, scope))
  }

  lazy(node: TSType, scope: Scope): Lazy {
    return lazy(
      () => this.resolve(node, scope),
      () => this.parts(node, scope),
    )
  }

  deeper<T>(place: Span, scope: Scope, read: () => T): T {
    if (this.#depth >= deepest)
      this.refuse(
        place,
        scope,
        `this type nests without end, or deeper than ${deepest} levels`,
        'Write a type that comes back to itself by its name, or a flatter one.',
        Endless,
      )
    if (this.#steps++ >= mostSteps)
      this.refuse(
        place,
        scope,
        `the types of this field have more than ${mostSteps} parts`,
        'Send less at once.',
        Endless,
      )
    this.#depth++
    try {
      return read()
    } finally {
      this.#depth--
    }
  }

  #resolve(node: TSType, scope: Scope): Resolved {
    switch (node.type) {
      case 'TSNumberKeyword':
        return 'float64'
      case 'TSStringKeyword':
        return 'str'
      case 'TSBooleanKeyword':
        return 'bool'
      case 'TSBigIntKeyword':
        return 'int64'
      case 'TSNullKeyword':
        return 'null'
      case 'TSUnknownKeyword':
        return 'unknown'
      case 'TSUndefinedKeyword':
      case 'TSVoidKeyword':
        return 'undefined'
      case 'TSNeverKeyword':
        return 'never'
      case 'TSArrayType':
        return ['list', this.shape(node.elementType, scope)]
      case 'TSTupleType':
        return tupleOf(this, node.elementTypes, scope)
      case 'TSUnionType':
        return unionOf(node.types.map(type => this.resolve(type, scope)))
      case 'TSIntersectionType':
        return intersectionType(this, node.types, node, scope)
      case 'TSLiteralType':
        return literalType(this, node, scope)
      case 'TSTypeLiteral':
        if (node.members.length > 0) return structOf(signatureMembers(this, node.members, scope))
        return this.refuse(node, scope, '{} says nothing about what is sent', 'Name its keys, or write unknown.')
      case 'TSTypeReference': {
        const reference = referenceOf(this, node.typeName, node.typeArguments?.params ?? [], node, scope)
        const isComputed = !reference.meaning && isUtility(reference.name)
        return isComputed ? this.#computed(node, scope) : this.reference(reference, scope)
      }
      case 'TSMappedType':
      case 'TSTypeQuery':
      case 'TSIndexedAccessType':
        return this.#computed(node, scope)
      case 'TSTemplateLiteralType':
        return templateType(this, node, scope)
      case 'TSImportType':
        return this.reference(importOf(this, node, scope), scope)
      case 'TSParenthesizedType':
        return this.resolve(node.typeAnnotation, scope)
      case 'TSTypeOperator':
        if (node.operator === 'readonly') return this.resolve(node.typeAnnotation, scope)
        return node.operator === 'keyof'
          ? keysOf(this, node.typeAnnotation, node, scope)
          : this.refuse(node, scope, 'a symbol cannot be sent', 'Write a union of string literals.')
      default: {
        const [what, hint] = refusedTypes[node.type] ?? [`${node.type} cannot be sent`, 'Write a plain type.']
        return this.refuse(node, scope, what, hint)
      }
    }
  }

  reference(reference: Reference, scope: Scope): Resolved {
    return referenceType(this, reference, scope)
  }

  open(type: Resolved): Resolved {
    return typeof type !== 'string' && type[0] === 'type' ? (this.types[type[1] as string] ?? type) : type
  }

  referenceParts(reference: Reference, scope: Scope): readonly Part[] {
    return this.deeper(reference, scope, () => referenceParts(this, reference, scope))
  }

  valueParts(meaning: Meaning | undefined, place: Named, scope: Scope, context: Context): readonly Part[] {
    return this.deeper(place, scope, () => valueParts(this, meaning, place, scope, context))
  }

  literalOf(expression: Expression | PropertyKey, scope: Scope): Literal | undefined {
    return literalOf(this, expression, scope)
  }

  attempt<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (error instanceof UnresolvedType && !(error instanceof Endless)) return undefined
      throw error
    }
  }

  bind(
    parameters: TSTypeParameterDeclaration | null | undefined,
    args: readonly TSType[],
    from: Scope,
    declared: Scope,
    place: Span,
  ): Bound {
    const given = parameters?.params.map((node, index) => {
      const type = args[index] ?? node.default
      return (
        type ??
        this.refuse(place, from, `the type parameter ${node.name.name} needs an argument`, 'Write it: Type<string>.')
      )
    })
    const outside = this.#recursion.fromHere()
    const scopeOf = (index: number, inner: Scope): Scope => (args[index] ? from : inner)
    const scope = declared.withArguments(
      parameters,
      (_, index, inner) => outside(() => this.resolve(given![index]!, scopeOf(index, inner))),
      (_, index, inner) => outside(() => this.parts(given![index]!, scopeOf(index, inner))),
    )
    const own = scope === declared ? [] : scope.arguments().slice(0, given?.length)
    const known = memo(() => this.#known(own))
    return {
      scope,
      get args() {
        return known()
      },
    }
  }

  #known(args: readonly TypeArgument[]): (Resolved | undefined)[] {
    return args.flatMap(argument => (argument.open ? [] : [this.attempt(argument.type)]))
  }

  named(
    name: string,
    node: DeclarationNode | TSType,
    args: readonly (Resolved | undefined)[],
    place: Span,
    scope: Scope,
    make: () => Resolved,
  ): Resolved {
    return this.#recursion.named(name, node, args, make, (what, hint) => this.refuse(place, scope, what, hint, Endless))
  }

  /** A type without a name of its own that may come back to itself: `Partial<Tree>` inside Tree. */
  #computed(node: TSType, scope: Scope): Resolved {
    const args = this.#known(scope.arguments())
    const text = scope.module.source.slice(node.start, node.end).replace(/\s+/g, ' ')
    return this.named(text.length > 60 ? 'this type' : text, node, args, node, scope, () =>
      shapeOfParts(this.parts(node, scope)),
    )
  }
}
