/** Mapped types over keys that are known: `{ [K in 'a' | 'b']: T }`, `{ [K in keyof T]?: T[K] }`. */
import type { Shape } from '../../../lib/schema/shape.ts'
import type { TSMappedType, TSType } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import { keyLiterals, membersOf } from './keys.ts'
import { type Lazy, lazy, type Member, type Members, objectPart, other, type Part } from './members.ts'
import { sourceOf } from './modifiers.ts'
import { askTypeScript } from './refused-types.ts'
import type { Resolving } from './resolving.ts'
import { enumOf, isOptional, kindsOf, literals, orUndefined, type Resolved } from './shapes.ts'

export function mappedParts(on: Resolving, node: TSMappedType, scope: Scope): readonly Part[] {
  const source = sourceOf(on, node.constraint, scope)
  if (!source) return [objectPart(() => mapped(on, node, keysIn(on, node, scope), undefined, scope))]
  const parts = on.parts(source.node, source.scope)
  if (source.isWhole && parts.some(part => part.kind === 'object' && part.of === 'enum'))
    on.refuse(
      node,
      scope,
      'a mapped type over an enum itself has open keys, as the enum has',
      'Write Record<keyof typeof Color, T>.',
    )
  if (source.parameter === undefined)
    return [
      objectPart(() => {
        const members = membersOf(on, source.node, source.scope, 'keyof')
        return mapped(on, node, source.isWhole ? keysOf(members) : keysIn(on, node, scope), members, scope)
      }),
    ]
  const { parameter } = source
  const over = (members: Members, part: Part): Members => {
    const inner = scope.withArgument(parameter, { type: part.type, parts: () => [part] })
    return mapped(on, node, keysOf(members), members, inner)
  }
  return parts.flatMap(part =>
    part.kind === 'list'
      ? mappedList(on, node, part, scope.withArgument(parameter, { type: part.type, parts: () => [part] }))
      : eachObject([part], over, () => refuseOther(on, node, scope)),
  )
}

function refuseOther(on: Resolving, node: TSMappedType, scope: Scope): never {
  return on.refuse(
    node,
    scope,
    'what this mapped type makes of something that is no plain object cannot be decided',
    `Write the resulting type out, ${askTypeScript}.`,
  )
}

/** Of a list TypeScript maps the items. */
function mappedList(on: Resolving, node: TSMappedType, part: Extract<Part, { kind: 'list' }>, scope: Scope): Part {
  const { nameType, typeAnnotation: value, optional } = node
  if (nameType || !value || optional === '-') return refuseOther(on, node, scope)
  const isPartial = optional !== false || part.isPartial === true
  const itemAt = (key: Resolved): Lazy => {
    const type = on.lazy(
      value,
      scope.withArgument(
        node.key.name,
        lazy(() => key),
      ),
    )
    return isPartial ? lazy(() => orUndefined(type.type())) : type
  }
  const items = part.items.map((_, index) => itemAt(['enum', [String(index)]]))
  const rest = part.rest && itemAt('float64')
  const sendable = (item: Lazy): Shape => on.sendable(item.type(), node, scope)
  const type = (): Resolved => (rest ? ['list', sendable(rest)] : ['tuple', items.map(sendable)])
  return { kind: 'list', items, rest, isPartial: isPartial && !rest, type }
}

type Key = Pick<Member, 'key' | 'from'>

function keysOf(members: Members): readonly Key[] {
  return [...members.values()]
}

function keysOfType(type: Resolved): readonly Key[] | undefined {
  return keyLiterals(type)?.map(key => ({ key, from: enumOf(type) }))
}

/** TypeScript maps each alternative of a type parameter on its own, and leaves alone what is no object. */
export function eachObject(
  parts: readonly Part[],
  over: (members: Members, part: Part) => Members,
  refuse: () => never,
): readonly Part[] {
  return parts.map(part => {
    if (part.kind === 'object') return objectPart(() => over(part.members(), part))
    const type = part.type()
    return part.kind === 'other' && isPrimitive(type) ? part : refuse()
  })
}

function isPrimitive(type: Resolved): boolean {
  if (isOptional(type)) return isPrimitive(type[1])
  if (typeof type !== 'string' && type[0] === 'union') return type[1].every(isPrimitive)
  return type === 'never' || kindsOf(type) !== undefined
}

function keysIn(on: Resolving, { constraint }: TSMappedType, scope: Scope): readonly Key[] {
  return (
    keysOfType(on.resolve(constraint, scope)) ??
    on.refuse(
      constraint,
      scope,
      'a mapped type over open keys cannot be sent',
      "Write Map<string, T>, or name the keys: { [K in 'a' | 'b']: T }.",
    )
  )
}

function mapped(
  on: Resolving,
  node: TSMappedType,
  keys: readonly Key[],
  source: Members | undefined,
  scope: Scope,
): Members {
  const members = new Map<string, Member>()
  for (const { key, from: origin } of keys) {
    const inner = scope.withArgument(
      node.key.name,
      lazy(() => literals([key], origin)),
    )
    const from = source?.get(String(key))
    if (from?.isMerged && typeof key === 'number')
      on.refuse(
        node,
        scope,
        `whether the key ${key} is a number here cannot be decided`,
        `Write the resulting type out, ${askTypeScript}.`,
      )
    for (const name of node.nameType ? renamed(on, node.nameType, inner) : [{ key, from: origin }]) {
      if (members.has(String(name.key)))
        on.refuse(node, scope, `two keys become '${name.key}'`, `Write the resulting type out, ${askTypeScript}.`)
      members.set(String(name.key), mappedMember(on, node, name, from, inner))
    }
  }
  return members
}

function renamed(on: Resolving, nameType: TSType, scope: Scope): readonly Key[] {
  return (
    keysOfType(on.resolve(nameType, scope)) ??
    on.refuse(
      nameType,
      scope,
      'what a key becomes cannot be decided',
      `Write the resulting type out, ${askTypeScript}.`,
    )
  )
}

function mappedMember(
  on: Resolving,
  node: TSMappedType,
  { key, from: origin }: Key,
  from: Member | undefined,
  scope: Scope,
): Member {
  const { optional, typeAnnotation: value } = node
  const refuse = (what: string, hint: string): never => on.refuse(node, scope, what, hint)
  const type = value ? on.lazy(value, scope) : lazy(() => refuse(`'${key}' has no type`, 'Give it one.'))
  // `-?` takes undefined away only where a question mark had brought it.
  const strips = optional === '-' && from?.optional === true
  return {
    key,
    from: origin,
    optional: optional === true || optional === '+' || (!optional && from?.optional === true),
    readonly: node.readonly === true || node.readonly === '+' || (!node.readonly && from?.readonly === true),
    refuse,
    ...(strips ? defined(type) : type),
  }
}

/** The type without undefined. */
export function defined({ type, parts }: Lazy): Lazy {
  const strip = (all: Resolved): Resolved => (isOptional(all) ? all[1] : all === 'undefined' ? 'never' : all)
  return lazy(
    () => strip(type()),
    () => parts().map(part => (part.kind === 'other' ? other(strip(part.type())) : part)),
  )
}
