/** Types seen from outside: the alternatives of a union, the keys of an object, each read only as far as somebody asks. */
import type { Shape } from '../../../lib/schema/shape.ts'
import { orUndefined, type Resolved, unionOf } from './shapes.ts'

/** A type that is read when it is asked for: keys can be counted where a value could not be sent. */
export interface Lazy {
  readonly type: () => Resolved
  readonly parts: () => readonly Part[]
}

/** One key of an object type. Its type goes without the undefined that a question mark adds. */
export interface Member extends Lazy {
  /** As keyof has it: 1 and '1' are two. */
  readonly key: string | number
  /** The enum that the key is from. */
  readonly from?: object | undefined
  readonly optional: boolean
  readonly readonly: boolean
  /** Whether several types brought this key. */
  readonly isMerged?: boolean
  /** @throws UnresolvedType with the place of the key. */
  readonly refuse: (what: string, hint: string) => never
}

/** By the key as a string. */
export type Members = ReadonlyMap<string, Member>

/** One alternative of a type. */
export type Part =
  | {
      readonly kind: 'object'
      readonly members: () => Members
      readonly type: () => Resolved
      /** Whether it stands for instances of a class, or for an enum itself, which are more than their keys. */
      readonly of?: 'class' | 'enum'
    }
  | {
      readonly kind: 'list'
      readonly items: readonly Lazy[]
      readonly rest: Lazy | undefined
      /** Whether each item may be left out. */
      readonly isPartial?: boolean
      readonly type: () => Resolved
    }
  | { readonly kind: 'other'; readonly type: () => Resolved }

export function other(type: Resolved): Part {
  return { kind: 'other', type: () => type }
}

export function lazy(type: () => Resolved, parts?: () => readonly Part[]): Lazy {
  const once = memo(type)
  return { type: once, parts: memo(parts ?? (() => [{ kind: 'other', type: once }])) }
}

export function memo<T>(make: () => T): () => T {
  let known: { readonly value: T } | undefined
  return () => {
    known ??= { value: make() }
    return known.value
  }
}

/** An object type of these members. */
export function objectPart(members: () => Members, type?: () => Resolved): Extract<Part, { kind: 'object' }> {
  const once = memo(members)
  return { kind: 'object', members: once, type: type ?? memo(() => structOf(once())) }
}

export function shapeOfParts(parts: readonly Part[]): Resolved {
  return unionOf(parts.map(part => part.type()))
}

/** The type that reading the key gives. */
export function readType({ type, optional }: Member): Resolved {
  return optional ? orUndefined(type()) : type()
}

export function structOf(members: Members): Shape {
  const keys: Record<string, Shape> = {}
  for (const member of members.values()) addKey(keys, member)
  return ['struct', keys]
}

/** Adds one key; one that can only be absent is left out. */
export function addKey(
  keys: Record<string, Shape>,
  { key, optional, type, refuse }: Pick<Member, 'key' | 'optional' | 'type' | 'refuse'>,
): void {
  const shape = type()
  if (shape === 'undefined' || shape === 'never') {
    if (!optional) refuse(`'${key}' can have no value`, `Leave it out, or write '${key}?: T'.`)
    delete keys[key]
    return
  }
  keys[key] = optional ? (orUndefined(shape) as Shape) : shape
}

/** The keys that every alternative has, as `keyof` of a union sees them. Undefined where one is no object. */
export function commonMembers(parts: readonly Part[]): Members | undefined {
  const all: Members[] = []
  for (const part of parts) {
    if (part.kind !== 'object') return undefined
    all.push(part.members())
  }
  const [first, ...rest] = all
  if (!first || rest.length === 0) return first
  const common = new Map<string, Member>()
  for (const [name, member] of first) {
    const others = rest.map(members => members.get(name))
    if (others.every(found => found?.key === member.key))
      common.set(name, unionMember([member, ...(others as Member[])]))
  }
  return common
}

function unionMember(members: readonly Member[]): Member {
  return {
    ...members[0]!,
    optional: members.some(({ optional }) => optional),
    readonly: members.some(({ readonly }) => readonly),
    isMerged: true,
    ...lazy(
      () => unionOf(members.map(({ type }) => type())),
      () => members.flatMap(({ parts }) => parts()),
    ),
  }
}
