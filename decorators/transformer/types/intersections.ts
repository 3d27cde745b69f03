/** `A & B`, with brands: `string & { readonly __brand: 'id' }` is a string, because the brand never exists at run time. */
import { lookupName } from '../source/bindings.ts'
import type { TSType } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import { lazy, type Member, objectPart, type Part, readType, shapeOfParts } from './members.ts'
import type { Resolving, Span } from './resolving.ts'
import { equal, intersectionOf, isLiterals, isOptional, literals, type Resolved, unionOf } from './shapes.ts'

export function intersectionType(on: Resolving, types: readonly TSType[], place: Span, scope: Scope): Resolved {
  const isEmpty = (type: TSType): boolean => type.type === 'TSTypeLiteral' && type.members.length === 0
  const given = types.filter(type => !isEmpty(type))
  const strip = (type: Resolved): Resolved => (given.length < types.length ? something(on, type) : type)
  const parts = given.length > 0 ? intersectionParts(on, given, place, scope) : undefined
  if (parts) return strip(shapeOfParts(parts))
  const resolve = (type: TSType): Resolved => on.resolve(type, scope)
  const plain = given.filter(type => !isObjectType(on, type, scope, new Set())).map(resolve)
  const all = plain.some(isPrimitive) || given.length === 0 ? plain : given.map(resolve)
  if (all.length === 0 || (given.length < types.length && all.every(type => type === 'unknown')))
    return on.refuse(place, scope, '{} says nothing about what is sent', 'Name its keys, or write unknown.')
  const both = all.reduce(
    (a, b) =>
      intersectionOf(a, b, type => on.open(type)) ??
      on.refuse(
        place,
        scope,
        'this intersection cannot be decided',
        'Intersect object types whose common keys agree, or write the resulting type out.',
      ),
  )
  return strip(both)
}

/** `(A | B) & C` is `A & C | B & C`. Undefined where something else than plain objects is intersected. */
export function intersectionParts(
  on: Resolving,
  types: readonly TSType[],
  place: Span,
  scope: Scope,
): readonly Part[] | undefined {
  let combined: readonly (readonly Part[])[] = [[]]
  const unions: Resolved[] = []
  for (const type of types) {
    const parts = on.parts(type, scope)
    if (parts.some(part => part.kind !== 'object' || part.of)) return undefined
    // A union with itself is itself, not each of its members with each.
    const whole = parts.length > 1 ? on.attempt(() => shapeOfParts(parts)) : undefined
    if (whole && unions.some(other => equal(other, whole))) continue
    if (whole) unions.push(whole)
    combined = combined.flatMap(before => parts.map(part => [...before, part]))
  }
  return combined
    .map(parts => merged(on, parts, place, scope))
    .filter(members => members !== undefined)
    .map(members => objectPart(() => members))
}

/** Undefined where literals contradict each other, so that nothing fits. */
function merged(on: Resolving, parts: readonly Part[], place: Span, scope: Scope): Map<string, Member> | undefined {
  const members = new Map<string, Member>()
  for (const part of parts)
    for (const [name, member] of part.kind === 'object' ? part.members() : []) {
      const before = members.get(name)
      if (before && before.key !== member.key)
        on.refuse(place, scope, `the key ${name} is a number here and a string there`, 'Write it one way.')
      const after = before ? both(on, before, member, place, scope) : member
      const types = before ? [readType(before), readType(member)] : []
      const contradicts = types.some(isOfLiterals) && !types.includes('never') && readType(after) === 'never'
      if (contradicts) return undefined
      members.set(name, after)
    }
  return members
}

function both(on: Resolving, a: Member, b: Member, place: Span, scope: Scope): Member {
  return {
    ...a,
    optional: a.optional && b.optional,
    readonly: a.readonly && b.readonly,
    isMerged: true,
    ...lazy(
      () =>
        intersectionOf(readType(a), readType(b), type => on.open(type)) ??
        on.refuse(
          place,
          scope,
          `what the intersection makes of '${a.key}' cannot be decided`,
          'Intersect object types whose common keys agree, or write the resulting type out.',
        ),
    ),
  }
}

/** TypeScript drops the whole object type only where literals contradict each other. */
function isOfLiterals(type: Resolved): boolean {
  if (isOptional(type)) return isOfLiterals(type[1])
  if (typeof type !== 'string' && type[0] === 'union') return type[1].every(isOfLiterals)
  return isLiterals(type) || type === 'bool' || type === 'null' || type === 'undefined'
}

function isPrimitive(type: Resolved): boolean {
  return typeof type === 'string' ? !/^(unknown|date|bytes)$/.test(type) : /^(str|quantized|enum)$/.test(type[0])
}

/** Whether a type is written as an object type, so that beside a string or number it can only be a brand. */
function isObjectType(on: Resolving, type: TSType, scope: Scope, seen: Set<TSType>): boolean {
  if (seen.has(type)) return false
  seen.add(type)
  if (type.type === 'TSTypeLiteral') return true
  if (type.type === 'TSParenthesizedType') return isObjectType(on, type.typeAnnotation, scope, seen)
  if (type.type !== 'TSTypeReference') return false
  const meaning = lookupName(on.modules, scope, type.typeName)
  const declaration = meaning?.kind === 'declared' ? meaning.declarations[0] : undefined
  if (declaration?.node.type === 'TSInterfaceDeclaration') return true
  return (
    declaration?.node.type === 'TSTypeAliasDeclaration' &&
    isObjectType(on, declaration.node.typeAnnotation, declaration.scope, seen)
  )
}

/** `T & {}` is T without null and undefined. */
function something(on: Resolving, type: Resolved): Resolved {
  if (type === 'null' || type === 'undefined') return 'never'
  if (isOptional(type)) return something(on, type[1])
  if (isLiterals(type)) return literals(type[1].filter(value => value !== null))
  const opened = on.open(type)
  return typeof opened !== 'string' && opened[0] === 'union'
    ? unionOf(opened[1].map(part => something(on, part)))
    : type
}
