/** From TypeScript's type to the shape that the same type has when it is written out. */

import type { Shape } from '../../../lib/schema/shape.ts'
import { UnresolvedType } from '../errors.ts'
import type { DeclarationNode } from '../source/scope.ts'
import { putKey } from '../types/objects.ts'
import { intersectionOf, isLiterals, type Resolved, unionOf } from '../types/shapes.ts'
import type { Program, Type, TypeSymbol } from './contract.ts'
import { type Destination, isNetworkObject, written } from './declared.ts'
import { type Description, describe, type Item, type Property } from './describe.ts'
import { globalShape, type Parts, plainShape, wireShape } from './leaves.ts'
import { inOrder } from './order.ts'
import { AnyType, OpenType, Refusal } from './refusal.ts'

/** So deep may types nest; unnamed ones that grow at each turn would have no end. */
const deepest = 64

/** @throws Refusal for what cannot be sent. */
export function shapeOf(program: Program, type: Type, to: Destination): Resolved {
  return new Conversion(program, type, to).of(type)
}

class Conversion {
  readonly #program: Program
  readonly #whole: Type
  readonly #to: Destination
  /** The keys on the way to the type at hand. */
  readonly #path: string[] = []
  readonly #unnamed = new Set<Type>()
  #depth = 0

  constructor(program: Program, whole: Type, to: Destination) {
    this.#program = program
    this.#whole = whole
    this.#to = to
  }

  of(type: Type): Resolved {
    if (this.#depth >= deepest)
      this.#refuse(type, 'a type that nests without end cannot be sent', 'Write a type that comes back to itself.')
    this.#depth++
    try {
      return this.#named(type)
    } finally {
      this.#depth--
    }
  }

  #value(type: Type): Shape {
    const shape = this.of(type)
    if (shape === 'undefined' || shape === 'never')
      this.#refuse(type, `${shape} is no value that could be sent`, 'Leave it out, or write null, or T | undefined.')
    return shape as Shape
  }

  /** What comes back to itself gets the name that the resolver would give it: that of an alias, interface or class. */
  #named(type: Type): Resolved {
    const { TypeFlags } = this.#program.flags
    if (!(type.flags & (TypeFlags.Object | TypeFlags.Union | TypeFlags.Intersection))) return this.#make(type)
    const name = this.#nameOf(type)
    if (name) {
      const written = this.#to.syntaxFirst && !name.isGeneric ? this.#written(name.symbol) : undefined
      return written ?? this.#recursive(type, name.symbol)
    }
    // One that has no name gets one at its second turn: on the way back it may meet one that has.
    if (this.#unnamed.has(type)) return this.#recursive(type, undefined)
    this.#unnamed.add(type)
    try {
      return this.#make(type)
    } finally {
      this.#unnamed.delete(type)
    }
  }

  #nameOf(type: Type): { readonly symbol: TypeSymbol; readonly isGeneric: boolean } | undefined {
    const alias = this.#program.aliasOf(type)
    if (alias) return alias
    const symbol = this.#program.symbolOf(type)
    const isInterface = symbol && symbol.flags & this.#program.flags.SymbolFlags.Interface
    return isInterface ? { symbol, isGeneric: this.#program.parametersOf(type) > 0 } : undefined
  }

  #recursive(type: Type, symbol: TypeSymbol | undefined): Resolved {
    const { on, place, scope } = this.#to
    // Types that share a declaration are told apart by their type arguments, for which TypeScript's number of the type stands.
    const declaration = (symbol ?? type) as unknown as DeclarationNode
    const args = [`${type.id}`] as unknown as Resolved[]
    return on.named(symbol?.name ?? 'Type', declaration, args, place, scope, () => this.#make(type))
  }

  /** What the source says of a declaration, where that suffices: the same as where its name is written. */
  #written(symbol: TypeSymbol): Resolved | undefined {
    try {
      return written(this.#program, symbol, this.#to)
    } catch (error) {
      if (error instanceof UnresolvedType) return undefined
      throw error
    }
  }

  #make(type: Type): Resolved {
    const is: Description = describe(this.#program, type)
    switch (is.kind) {
      case 'plain':
        return plainShape(is.type)
      case 'nothing':
        return is.type
      case 'literal':
        return ['enum', [is.value]]
      case 'union':
        return this.#union(is.of)
      case 'intersection':
        return this.#intersection(type, is.of)
      case 'list':
        return ['list', this.#within('[]', () => this.#value(is.of))]
      case 'tuple':
        return this.#tuple(type, is.items)
      case 'wire':
        return wireShape(is, this.#parts(type))
      case 'global':
        return globalShape(is.name, is.args, this.#parts(type))
      case 'class':
        return this.#class(type, is.symbol)
      case 'object':
        return this.#object(is.properties)
      case 'open':
        throw new OpenType(this.#sentence(type, 'that depends on a type parameter'), 'Write the type itself.')
      case 'any':
        throw new AnyType(
          this.#sentence(type, 'and any says nothing about what is sent'),
          'Write the type, or unknown to let any plain data through.',
          is.isError,
        )
      default:
        return this.#refuse(type, is.what, is.hint)
    }
  }

  #union(types: readonly Type[]): Resolved {
    const parts = types.map(type => this.of(type))
    const isBoolean = (part: Resolved): boolean => isLiterals(part) && typeof part[1][0] === 'boolean'
    const both = parts.filter(isBoolean).length === 2
    return unionOf(inOrder(both ? [...parts.filter(part => !isBoolean(part)), 'bool'] : parts))
  }

  /** `string & { __brand: 'id' }` is a string: the brand never exists at run time. */
  #intersection(type: Type, types: readonly Type[]): Resolved {
    const { TypeFlags } = this.#program.flags
    const primitive = types.filter(member => !(member.flags & (TypeFlags.Object | TypeFlags.NonPrimitive)))
    return (primitive.length > 0 ? primitive : types)
      .map(member => this.of(member))
      .reduce(
        (a, b) =>
          intersectionOf(a, b, shape => this.#to.on.open(shape)) ??
          this.#refuse(
            type,
            'this intersection cannot be decided',
            'Intersect object types whose common keys agree, or write the resulting type out.',
          ),
      )
  }

  #tuple(type: Type, items: readonly Item[]): Resolved {
    const shapes = items.map(({ type: item, mode }, index) =>
      this.#within(`[${index}]`, () =>
        mode === 'optional' ? (unionOf([this.of(item), 'undefined']) as Shape) : this.#value(item),
      ),
    )
    const rest = items.findIndex(({ mode }) => mode === 'rest')
    if (rest < 0) return ['tuple', shapes]
    if (rest < items.length - 1)
      this.#refuse(type, 'only the last item of a tuple can be a rest', 'Put the rest item last, or write a list.')
    return ['tuple', shapes.slice(0, -1), shapes.at(-1)!]
  }

  /** Whether a class is a network class or a struct, its decorators say: they are in the source. */
  #class(type: Type, symbol: TypeSymbol): Resolved {
    if (isNetworkObject(this.#program, symbol)) return ['ref', 'NetworkObject']
    return (
      written(this.#program, symbol, this.#to) ??
      this.#refuse(
        type,
        `the class ${symbol.name} cannot be sent`,
        'Decorate it with @struct() to send instances, or write an interface for what is sent.',
      )
    )
  }

  #object(properties: readonly Property[]): Resolved {
    const { on, place, scope } = this.#to
    const keys: Record<string, Shape> = {}
    for (const { name, type, optional } of properties) {
      if (name === '__proto__') this.#refuse(type, "the key '__proto__' cannot be sent", 'Give it another name.')
      const shape = this.#within(name, () => this.of(type))
      putKey(on, keys, name, shape, optional, place, scope)
    }
    return ['struct', keys]
  }

  #parts(type: Type): Parts {
    return {
      value: (part, key) => this.#within(key, () => this.#value(part)),
      refuse: (what, hint) => this.#refuse(type, what, hint),
    }
  }

  #within<T>(key: string, make: () => T): T {
    this.#path.push(key)
    const shape = make()
    this.#path.pop()
    return shape
  }

  #refuse(type: Type, what: string, hint: string): never {
    throw new Refusal(this.#sentence(type, `and ${what}`), hint)
  }

  #sentence(type: Type, what: string): string {
    const text = (part: Type): string => shortened(this.#program.checker.typeToString(part))
    const whole = `TypeScript makes this ${text(this.#whole)}`
    if (type === this.#whole) return `${whole}, ${what}`
    return `${whole}, where ${this.#path.join('.').replaceAll('.[', '[') || 'a part'} is ${text(type)}, ${what}`
  }
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 97)}...` : text
}
