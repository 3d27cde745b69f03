/** The resolver: from a TypeScript type in the source to its shape on the wire, or a refusal that says what to write instead. */
import type { Shape } from '../../../lib/schema/shape.ts'
import { UnresolvedType } from '../errors.ts'
import type { Modules } from '../source/modules.ts'
import type { TSType, TSTypeParameterDeclaration } from '../source/parse.ts'
import type { DeclarationNode, Scope } from '../source/scope.ts'
import { classType, isClass } from './class-types.ts'
import { globalType } from './globals.ts'
import { interfaceKeys, memberKeys } from './objects.ts'
import { Recursion } from './recursion.ts'
import { importOf, referenceOf, valuesOf } from './references.ts'
import { refusedTypes } from './refused-types.ts'
import type { Reference, Resolving, Span } from './resolving.ts'
import { intersectionOf, isLiterals, type Keys, type Resolved, unionOf } from './shapes.ts'
import { tupleOf } from './tuples.ts'
import { wireType } from './wire-types.ts'

/** Thrown for a type parameter that only a subclass fills. */
export class OpenParameter extends UnresolvedType {}

/** Resolves the types of one field or struct; its recursive types gather in `types`. */
export class Resolver implements Resolving {
  readonly modules: Modules
  /** The recursive types that were met, by name. */
  get types(): Readonly<Record<string, Shape>> {
    return this.#recursion.types
  }
  /** What the types are for: `Player.moveTo`. */
  readonly #subject: string
  readonly #recursion: Recursion = new Recursion()

  constructor(modules: Modules, subject: string) {
    this.modules = modules
    this.#subject = subject
  }

  refuse(place: Span, scope: Scope, what: string, hint: string): never {
    throw new UnresolvedType(
      { ...place, file: scope.module.file, source: scope.module.source, start: place.start, end: place.end },
      what,
      hint,
      this.#subject,
    )
  }

  shape(node: TSType, scope: Scope): Shape {
    const type = this.resolve(node, scope)
    if (type === 'undefined' || type === 'never')
      this.refuse(
        node,
        scope,
        `${type} is no value that could be sent`,
        'Leave it out, or write null, or T | undefined.',
      )
    return type as Shape
  }

  resolve(node: TSType, scope: Scope): Resolved {
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
        return this.#intersection(node.types, node, scope)
      case 'TSLiteralType':
        return this.#literal(node, scope)
      case 'TSTypeLiteral':
        return ['struct', memberKeys(this, node.members, scope)]
      case 'TSTypeReference':
        return this.reference(referenceOf(this, node.typeName, node.typeArguments?.params ?? [], node, scope), scope)
      case 'TSImportType':
        return this.reference(importOf(this, node, scope), scope)
      case 'TSIndexedAccessType':
        return this.#indexed(node.objectType, node.indexType, node, scope)
      case 'TSParenthesizedType':
        return this.resolve(node.typeAnnotation, scope)
      case 'TSTypeOperator':
        if (node.operator === 'readonly') return this.resolve(node.typeAnnotation, scope)
        return node.operator === 'keyof'
          ? this.refuse(
              node,
              scope,
              'keyof cannot be decided from the source alone',
              "Write the keys as a union: 'a' | 'b'.",
            )
          : this.refuse(node, scope, 'a symbol cannot be sent', 'Write a union of string literals.')
      default: {
        const [what, hint] = refusedTypes[node.type] ?? [`${node.type} cannot be sent`, 'Write a plain type.']
        return this.refuse(node, scope, what, hint)
      }
    }
  }

  reference(reference: Reference, scope: Scope): Resolved {
    const { meaning, name } = reference
    if (!meaning) return globalType(this, reference, scope)
    switch (meaning.kind) {
      case 'fieldcast':
        return wireType(this, reference, meaning.name, scope)
      case 'missing':
        return this.refuse(
          reference,
          scope,
          `${name} cannot be found: ${meaning.why}`,
          'Correct the import, or install the package whose types it names.',
        )
      case 'module':
        return this.refuse(reference, scope, `${name} is a module, not a type`, `Name a type of it: ${name}.Something.`)
      case 'value':
        return this.refuse(reference, scope, `${name} is a value, not a type`, 'Name a type.')
      case 'argument': {
        const { argument } = meaning
        if (!argument.open) return argument.type()
        if (argument.of === 'method')
          return this.refuse(
            reference,
            scope,
            `the method's type parameter ${name} is open: each call could mean another type`,
            'Write the type itself, or unknown.',
          )
        const { file, source } = scope.module
        throw new OpenParameter(
          { file, source, start: reference.start, end: reference.end },
          `the class's type parameter ${name} is open`,
          'Leave @networkClass to subclasses that fill it, like class Chest extends Box<Coin>, or write the type itself.',
          this.#subject,
        )
      }
      default:
    }
    const { declarations } = meaning
    const first = declarations[0]!
    const asClass = declarations.find(isClass)
    if (asClass) return classType(this, asClass, reference.args, scope, reference)
    switch (first.node.type) {
      case 'TSEnumDeclaration': {
        const values = [...valuesOf(this, declarations).values()]
        return values.length > 0
          ? ['enum', [...new Set(values)]]
          : this.refuse(reference, scope, `the enum ${name} is empty`, 'Give it members.')
      }
      case 'TSTypeAliasDeclaration': {
        const alias = first.node
        const bound = this.bind(alias.typeParameters, reference.args, scope, first.scope, reference)
        return this.named(name, alias, bound.args, reference, scope, () =>
          this.resolve(alias.typeAnnotation, bound.scope),
        )
      }
      case 'TSInterfaceDeclaration': {
        const { args } = this.bind(first.node.typeParameters, reference.args, scope, first.scope, reference)
        return this.named(name, first.node, args, reference, scope, () => [
          'struct',
          interfaceKeys(this, declarations, reference.args, scope, reference),
        ])
      }
      default:
        return this.refuse(
          reference,
          scope,
          `${name} is a namespace, not a type`,
          `Name a type of it: ${name}.Something.`,
        )
    }
  }

  open(type: Resolved): Resolved {
    return typeof type !== 'string' && type[0] === 'type' ? (this.types[type[1] as string] ?? type) : type
  }

  bind(
    parameters: TSTypeParameterDeclaration | null | undefined,
    args: readonly TSType[],
    from: Scope,
    declared: Scope,
    place: Span,
  ): { readonly scope: Scope; readonly args: readonly Resolved[] } {
    const scope = declared.withArguments(parameters, (node, index, inner) => {
      const given = args[index]
      if (given) return this.resolve(given, from)
      if (node.default) return this.resolve(node.default, inner)
      return this.refuse(
        place,
        from,
        `the type parameter ${node.name.name} needs an argument`,
        'Write it: Type<string>.',
      )
    })
    const names = parameters?.params.map(node => node.name.name) ?? []
    return { scope, args: names.map(name => (scope.argument(name) as { type(): Resolved }).type()) }
  }

  named(
    name: string,
    node: DeclarationNode,
    args: readonly Resolved[],
    place: Span,
    scope: Scope,
    make: () => Resolved,
  ): Resolved {
    return this.#recursion.named(name, node, args, make, (what, hint) => this.refuse(place, scope, what, hint))
  }

  #literal(node: Extract<TSType, { type: 'TSLiteralType' }>, scope: Scope): Resolved {
    const { literal } = node
    if (literal.type === 'Literal') {
      const { value } = literal
      if (typeof value === 'string' || typeof value === 'boolean') return ['enum', [value]]
      if (typeof value === 'number' && Number.isFinite(value)) return ['enum', [value]]
      return this.refuse(node, scope, 'this literal cannot be sent', 'Write bigint, int64 or a literal number.')
    }
    if (
      literal.type === 'UnaryExpression' &&
      literal.argument.type === 'Literal' &&
      typeof literal.argument.value === 'number'
    )
      return ['enum', [literal.operator === '-' ? -literal.argument.value : literal.argument.value]]
    if (literal.type === 'TemplateLiteral' && literal.expressions.length === 0)
      return ['enum', [literal.quasis[0]!.value.cooked ?? '']]
    return this.refuse(node, scope, 'this literal cannot be sent', 'Write a string, number or boolean literal.')
  }

  /** `string & { __brand: 'id' }` is a string: the brand never exists at run time. */
  #intersection(types: readonly TSType[], place: Span, scope: Scope): Resolved {
    const isBrand = (type: TSType): boolean => type.type === 'TSTypeLiteral'
    const plain = types.filter(type => !isBrand(type)).map(type => this.resolve(type, scope))
    const isPrimitive = plain.some(type =>
      typeof type === 'string' ? type !== 'unknown' : ['str', 'bytes', 'quantized', 'enum'].includes(type[0] as string),
    )
    const all = isPrimitive ? plain : types.map(type => this.resolve(type, scope))
    return all.reduce(
      (a, b) =>
        intersectionOf(a, b, type => this.open(type)) ??
        this.refuse(
          place,
          scope,
          'this intersection cannot be decided',
          'Intersect object types whose common keys agree, or write the resulting type out.',
        ),
    )
  }

  #indexed(object: TSType, index: TSType, place: Span, scope: Scope): Resolved {
    const of = this.open(this.resolve(object, scope))
    if (typeof of !== 'string') {
      if (of[0] === 'list' && index.type === 'TSNumberKeyword') return of[1] as Shape
      const key = this.resolve(index, scope)
      if (of[0] === 'struct' && isLiterals(key)) {
        const keys = of[1] as Keys
        if (key[1].every(name => Object.hasOwn(keys, String(name))))
          return unionOf(key[1].map(name => keys[String(name)]!))
      }
      if (of[0] === 'tuple' && isLiterals(key) && typeof key[1][0] === 'number' && key[1].length === 1) {
        const item = (of[1] as readonly Shape[])[key[1][0]]
        if (item !== undefined) return item
      }
    }
    return this.refuse(
      place,
      scope,
      'this indexed access cannot be decided',
      'Write the type itself, or give it a name of its own.',
    )
  }
}
