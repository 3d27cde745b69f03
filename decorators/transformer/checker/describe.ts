/** What kind of type TypeScript's type is, as far as the wire cares. */
import type { Program, Type, TypeSymbol } from './contract.ts'
import { isOwn } from './own-package.ts'

export interface Property {
  readonly name: string
  readonly type: Type
  readonly optional: boolean
}

export interface Item {
  readonly type: Type
  readonly mode: 'required' | 'optional' | 'rest'
}

export type Description =
  | { readonly kind: 'plain'; readonly type: 'number' | 'string' | 'boolean' | 'bigint' | 'unknown' }
  | { readonly kind: 'nothing'; readonly type: 'null' | 'undefined' | 'never' }
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'union' | 'intersection'; readonly of: readonly Type[] }
  | { readonly kind: 'list'; readonly of: Type }
  | { readonly kind: 'tuple'; readonly items: readonly Item[] }
  /** A wire type of this package, with its parameters. `of` is what a list holds. */
  | { readonly kind: 'wire'; readonly name: string; readonly parameters: readonly Type[]; readonly of?: Type }
  | { readonly kind: 'global'; readonly name: string; readonly args: readonly Type[] }
  | { readonly kind: 'class'; readonly symbol: TypeSymbol }
  | { readonly kind: 'object'; readonly properties: readonly Property[] }
  /** Depends on a type parameter. */
  | { readonly kind: 'open' }
  | { readonly kind: 'any'; readonly isError: boolean }
  | { readonly kind: 'refused'; readonly what: string; readonly hint: string }

/** Global classes and interfaces that the wire knows. */
const known =
  /^(?:(?:Readonly)?(?:Map|Set)|Date|Uint8Array|(?:Int8|Int16|Int32|Uint16|Uint32|Float32|Float64|BigInt64|BigUint64)Array)$/

const refused = (what: string, hint: string): Description => ({ kind: 'refused', what, hint })

export function describe(program: Program, type: Type): Description {
  const { TypeFlags: flags } = program.flags
  const is = (flag: number): boolean => (type.flags & flag) !== 0
  if (is(flags.Any)) return { kind: 'any', isError: type.intrinsicName === 'error' }
  if (is(flags.Unknown)) return { kind: 'plain', type: 'unknown' }
  if (is(flags.Never)) return { kind: 'nothing', type: 'never' }
  if (is(flags.Void | flags.Undefined)) return { kind: 'nothing', type: 'undefined' }
  if (is(flags.Null)) return { kind: 'nothing', type: 'null' }
  if (is(flags.Boolean)) return { kind: 'plain', type: 'boolean' }
  if (is(flags.BooleanLiteral)) return { kind: 'literal', value: type.value === true || type.intrinsicName === 'true' }
  if (is(flags.StringLiteral | flags.NumberLiteral)) return { kind: 'literal', value: type.value as string | number }
  if (is(flags.String)) return { kind: 'plain', type: 'string' }
  if (is(flags.Number)) return { kind: 'plain', type: 'number' }
  if (is(flags.BigInt)) return { kind: 'plain', type: 'bigint' }
  if (is(flags.BigIntLiteral))
    return refused('a bigint literal cannot be sent', 'Write bigint, int64 or a literal number.')
  if (is(flags.ESSymbol | flags.UniqueESSymbol))
    return refused('a symbol cannot be sent', 'Write a union of string literals.')
  if (is(flags.TemplateLiteral | flags.StringMapping))
    return refused(
      'a template literal type cannot be checked on the wire',
      'Write string, str<64>, or a union of string literals.',
    )
  if (is(flags.Union)) return { kind: 'union', of: program.membersOf(type) }
  if (is(flags.Enum))
    return refused('the values of this enum cannot be computed', 'Write its values as literals or constants.')
  if (is(flags.NonPrimitive))
    return refused(
      'object says nothing about what is sent',
      'Write an interface with the keys that are sent, or unknown.',
    )
  if (is(flags.Intersection)) return wireType(program, type) ?? { kind: 'intersection', of: program.membersOf(type) }
  return is(flags.Object) ? describeObject(program, type) : { kind: 'open' }
}

function describeObject(program: Program, type: Type): Description {
  const { checker } = program
  const { SymbolFlags, SignatureKind } = program.flags
  if (checker.isTupleType(type)) return { kind: 'tuple', items: tupleItems(program, type) }
  if (checker.isArrayType(type)) return { kind: 'list', of: checker.getTypeArguments(type)[0]! }
  if (checker.getSignaturesOfType(type, SignatureKind.Construct).length > 0)
    return refused('a class cannot be sent', 'Send its name, or an instance of a class with @struct().')
  if (checker.getSignaturesOfType(type, SignatureKind.Call).length > 0)
    return refused('a function cannot be sent', 'Send data, and let the handler decide what to run.')
  const symbol = program.symbolOf(type)
  const args = (): readonly Type[] => {
    const count = program.parametersOf(type)
    return count === 0 ? [] : checker.getTypeArguments(type).slice(0, count)
  }
  // Libraries declare a class as an interface beside a variable.
  if (symbol && symbol.flags & SymbolFlags.Interface && symbol.flags & SymbolFlags.Variable) {
    const files = program.filesOf(symbol)
    if (files.some(file => program.isLibrary(file)))
      return known.test(symbol.name)
        ? { kind: 'global', name: symbol.name, args: args() }
        : refused(`${symbol.name} cannot be sent`, 'Write a type for the data that is sent.')
  }
  if (symbol && /^Readonly(Map|Set)$/.test(symbol.name) && program.filesOf(symbol).some(f => program.isLibrary(f)))
    return { kind: 'global', name: symbol.name, args: args() }
  if (symbol && symbol.flags & SymbolFlags.Class) return { kind: 'class', symbol }
  const wire = wireType(program, type)
  if (wire) return wire
  if (checker.getIndexInfosOfType(type).length > 0)
    return refused('an object with open keys cannot be sent', 'Write Map<string, T>, or name the keys.')
  const properties = checker.getPropertiesOfType(type)
  const odd = properties.find(({ escapedName }) => /^__[@#]/.test(String(escapedName)))
  if (odd) return refused('a key that is a symbol cannot be sent', 'Write the keys as plain names.')
  return {
    kind: 'object',
    properties: properties.map(property => ({
      name: property.name,
      type: checker.getTypeOfSymbol(property),
      optional: (property.flags & SymbolFlags.Optional) !== 0,
    })),
  }
}

function tupleItems(program: Program, type: Type): Item[] {
  const { Optional, Rest, Variadic } = program.flags.ElementFlags
  const modes = program.targetOf(type)?.elementFlags ?? []
  const args = program.checker.getTypeArguments(type)
  return modes.map((mode, index) => ({
    type: args[index]!,
    mode: mode & (Rest | Variadic) ? 'rest' : mode & Optional ? 'optional' : 'required',
  }))
}

/**
 * The wire type whose brand a type bears: `number & { readonly [brand]?: readonly ['int16'] }`.
 * Mapped types that reach into it keep the brand, so that what `DeepPartial` makes of an int16 is an int16.
 */
function wireType(program: Program, type: Type): Description | undefined {
  const { checker } = program
  const { TypeFlags } = program.flags
  const members = type.flags & TypeFlags.Intersection ? program.membersOf(type) : [type]
  const brands = members.flatMap(member =>
    member.flags & TypeFlags.Object
      ? checker.getPropertiesOfType(member).filter(property => isBrand(program, property))
      : [],
  )
  if (brands.length === 0) return undefined
  const brand = withoutUndefined(program, checker.getTypeOfSymbol(brands[0]!))
  const [name, ...parameters] =
    brand && checker.isTupleType(brand)
      ? checker.getTypeArguments(brand).map(item => withoutUndefined(program, item))
      : []
  const of = name?.value === 'list' ? itemOf(program, members) : undefined
  const isWhole = typeof name?.value === 'string' && !parameters.includes(undefined) && (of || name.value !== 'list')
  if (!isWhole || brands.length > 1)
    return refused('this mixture of wire types cannot be decided', 'Write one wire type.')
  return { kind: 'wire', name: name.value as string, parameters: parameters as Type[], ...(of && { of }) }
}

function itemOf({ checker, flags }: Program, members: readonly Type[]): Type | undefined {
  const array = members.find(member => checker.isArrayType(member))
  if (array) return checker.getTypeArguments(array)[0]
  const infos = members.flatMap(member => checker.getIndexInfosOfType(member))
  const item = infos.find(({ keyType }) => keyType.flags & flags.TypeFlags.Number)
  return item?.type ?? item?.valueType
}

function isBrand(program: Program, symbol: TypeSymbol): boolean {
  return (
    /^__@brand@\d+$/.test(String(symbol.escapedName)) &&
    program.filesOf(symbol).some(file => isOwn(file, 'schema/wire'))
  )
}

function withoutUndefined(program: Program, type: Type): Type | undefined {
  const { TypeFlags } = program.flags
  if (!(type.flags & TypeFlags.Union)) return type
  const left = program.membersOf(type).filter(member => !(member.flags & TypeFlags.Undefined))
  return left.length === 1 ? left[0] : undefined
}
