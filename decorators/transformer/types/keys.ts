/** What is under a key: `keyof T`, `T['a']`, `T[number]`. */
import type { Shape } from '../../../lib/schema/shape.ts'
import type { TSType } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import { commonMembers, type Lazy, lazy, type Members, other, type Part } from './members.ts'
import { askTypeScript } from './refused-types.ts'
import type { Resolving, Span } from './resolving.ts'
import { isLiterals, literals, type Resolved, unionOf } from './shapes.ts'

/** The keys that a type of literals names. Undefined for any other type. */
export function keyLiterals(type: Resolved): readonly (string | number)[] | undefined {
  if (type === 'never') return []
  if (!isLiterals(type)) return undefined
  const isKey = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number'
  return type[1].every(isKey) ? type[1] : undefined
}

/** `keyof T` */
export function keysOf(on: Resolving, node: TSType, place: Span, scope: Scope): Resolved {
  const members = commonMembers(on.parts(node, scope))
  if (!members)
    return on.refuse(
      place,
      scope,
      'keyof cannot be decided here: this is no object type',
      `Write the keys as a union, 'a' | 'b', ${askTypeScript}.`,
    )
  return unionOf([...members.values()].map(({ key, from }) => literals([key], from)))
}

/** The members of what must be an object type, for `name`. */
export function membersOf(on: Resolving, node: TSType, scope: Scope, name: string): Members {
  return (
    commonMembers(on.parts(node, scope)) ??
    on.refuse(node, scope, `${name} needs an object type here`, 'Write an interface or a type literal.')
  )
}

/** `T[number]` */
export function itemsOf(on: Resolving, part: Part): (readonly Part[])[] | undefined {
  if (part.kind === 'object') return undefined
  const { items, rest } = listOf(on, part)
  const all = [...items, ...(rest ? [rest] : [])]
  return all.length > 0 ? all.map(item => item.parts()) : undefined
}

/** `T['a']`, `T[0]`. Undefined for what is not there. */
export function readParts(on: Resolving, part: Part, key: string | number): readonly Part[] | undefined {
  if (part.kind === 'object') {
    const member = part.members().get(String(key))
    if (!member) return undefined
    return member.optional ? [...member.parts(), other('undefined')] : member.parts()
  }
  if (!/^\d+$/.test(String(key))) return undefined
  const { items, rest } = listOf(on, part)
  return (items[Number(key)] ?? rest)?.parts()
}

function listOf(
  on: Resolving,
  part: Exclude<Part, { kind: 'object' }>,
): {
  readonly items: readonly Lazy[]
  readonly rest: Lazy | undefined
} {
  if (part.kind === 'list') return part
  const type = on.open(part.type())
  const given = (shape: Shape): Lazy => lazy(() => shape)
  if (typeof type !== 'string') {
    if (type[0] === 'list') return { items: [], rest: given(type[1]) }
    if (type[0] === 'tuple') return { items: type[1].map(given), rest: type[2] && given(type[2]) }
  }
  return { items: [], rest: undefined }
}
