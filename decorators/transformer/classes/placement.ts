/** Where the decorators may stand: each other place is refused with what to do instead. */

import { UnresolvedType } from '../errors.ts'
import type { MethodDefinition } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import type { DecoratedClass, DecoratedMember, Decoration } from './decorations.ts'

/** How each is written on a class. */
const forms = {
  networkClass: 'Write @networkClass(10), with an id of its own.',
  struct: 'Write @struct().',
  message: 'Write @message(), or @message(64) with an id of its own.',
} as const

/** The class's name. @throws UnresolvedType for a class without one. */
export function nameOf({ name, node, scope }: DecoratedClass): string {
  if (name !== undefined) return name
  return refuse(
    scope,
    node,
    'this class has no name',
    'Name it: the name is part of the contract between server and client.',
  )
}

/** @throws UnresolvedType unless this decorator may stand on a class as it does. */
export function requireClassDecoration({ scope }: DecoratedClass, { name, decorator, call }: Decoration): void {
  if (name === 'field')
    refuse(
      scope,
      decorator,
      '@field stands on a class',
      'Put it on a method; classes take @networkClass(id), @struct() or @message(id).',
    )
  if (!call) refuse(scope, decorator, `@${name} needs parentheses`, forms[name])
}

/** The method that bears `@field`. @throws UnresolvedType for members that cannot. */
export function methodOf({ scope, node }: DecoratedClass, { member, decoration }: DecoratedMember): MethodDefinition {
  const { decorator, call, name } = decoration
  if (name !== 'field')
    refuse(scope, decorator, `@${name} stands on a member`, 'Put it on the class; methods take @field(flags).')
  if (!call)
    refuse(
      scope,
      decorator,
      '@field needs parentheses',
      'Write @field(Flags.OwnerSend | Flags.Broadcast), or @field(0).',
    )
  const onlyMethods = 'Put it on a method: its parameters are what travels, its body is the handler.'
  if (member.type !== 'MethodDefinition')
    refuse(
      scope,
      decorator,
      `@field stands on ${member.type === 'AccessorProperty' ? 'an accessor' : 'a property'}`,
      onlyMethods,
    )
  const method = member as MethodDefinition
  if (method.kind !== 'method')
    refuse(
      scope,
      decorator,
      `@field stands on a ${method.kind === 'constructor' ? 'constructor' : `${method.kind}ter`}`,
      onlyMethods,
    )
  if (method.static)
    refuse(scope, decorator, '@field stands on a static method', 'Put it on a method of the objects, without static.')
  if (
    method.key.type === 'PrivateIdentifier' ||
    method.accessibility === 'private' ||
    method.accessibility === 'protected'
  )
    refuse(
      scope,
      decorator,
      `@field stands on a ${method.accessibility ?? 'private'} method`,
      'Make the method public: others call it from afar.',
    )
  if (method.value.generator) refuse(scope, decorator, '@field stands on a generator', onlyMethods)
  const { key } = method
  const isPlain = key.type === 'Identifier' ? !method.computed : key.type === 'Literal' && typeof key.value === 'string'
  if (!isPlain)
    refuse(scope, key, 'this name is computed', 'Write the name of the method itself: it is part of the contract.')
  const overload = node.body.body.find(
    other => other.type === 'MethodDefinition' && !other.value.body && !other.static && keyOf(other) === keyOf(method),
  )
  if (overload && method.value.body)
    refuse(
      scope,
      overload,
      `${keyOf(method)} has several signatures, and a field has one`,
      'Write one signature with a union: say(text: string | Emote), or a field for each.',
    )
  return method
}

export function keyOf({ key }: MethodDefinition): string {
  return key.type === 'Identifier' ? key.name : String((key as { value?: unknown }).value)
}

function refuse(
  scope: Scope,
  { start, end }: { readonly start: number; readonly end: number },
  what: string,
  hint: string,
): never {
  throw new UnresolvedType({ file: scope.module.file, source: scope.module.source, start, end }, what, hint)
}
