/** The public members of a class's instances, for keyof and for the types over keys. */
import type { Class, ClassElement, TSType } from '../source/parse.ts'
import type { Declaration, Scope } from '../source/scope.ts'
import { type Level, lineageOf } from './lineage.ts'
import { type Lazy, lazy, type Member, type Members } from './members.ts'
import { functionMember, keyName, refused } from './objects.ts'
import type { Resolving, Span } from './resolving.ts'
import { someEnum } from './shapes.ts'
import { annotated } from './struct-keys.ts'

/** @param declarations all that bear the class's name: an interface among them adds keys. */
export function classMembers(
  on: Resolving,
  declarations: readonly Declaration[],
  { node, name, scope }: Declaration & { readonly node: Class },
  args: readonly TSType[],
  from: Scope,
  place: Span,
): Members {
  const { levels, network, lost } = lineageOf(on.modules, { node, name, scope }, args, from)
  if (network || lost || declarations.some(declaration => declaration.node.type === 'TSInterfaceDeclaration'))
    on.refuse(
      place,
      from,
      `which keys ${name} has cannot be told from the source`,
      network
        ? 'Write an interface for what is sent. A network object itself is sent as a reference.'
        : 'Write an interface for what is sent.',
    )
  const members = new Map<string, Member>()
  const scopes: Scope[] = []
  for (const level of levels)
    scopes.push(
      on.bind(level.node.typeParameters, level.args, scopes.at(-1) ?? from, level.scope, level.node.id ?? level.node)
        .scope,
    )
  for (const [index, level] of [...levels.entries()].reverse())
    for (const member of level.node.body.body) addMember(on, members, level, member, scopes[index]!)
  return members
}

function addMember(
  on: Resolving,
  members: Map<string, Member>,
  level: Level,
  element: ClassElement,
  scope: Scope,
): void {
  if (element.type === 'StaticBlock' || element.static) return
  if (element.type === 'TSIndexSignature')
    return on.refuse(
      element,
      scope,
      'an object with open keys cannot be sent',
      'Write Map<string, T>, or name the keys.',
    )
  if (element.type === 'MethodDefinition' && element.kind === 'constructor') {
    for (const parameter of element.value.params) {
      if (parameter.type !== 'TSParameterProperty' || isHidden(parameter)) continue
      const { parameter: inner } = parameter
      const target = inner.type === 'AssignmentPattern' ? inner.left : inner
      if (target.type !== 'Identifier') continue
      const value = inner.type === 'AssignmentPattern' ? inner.right : null
      const type = lazy(() => annotated(on, target.typeAnnotation, value, scope) ?? untyped(target.name, parameter))
      put(target.name, target.optional ?? false, parameter.readonly, parameter, type)
    }
    return
  }
  if (element.key.type === 'PrivateIdentifier' || isHidden(element)) return
  const key = keyName(on, element.key, element.computed, scope)
  if (element.type === 'PropertyDefinition' || element.type === 'TSAbstractPropertyDefinition') {
    const { typeAnnotation, value, readonly } = element
    const type = lazy(() => annotated(on, typeAnnotation, value, scope, readonly) ?? untyped(key, element))
    const parts = typeAnnotation ? on.lazy(typeAnnotation.typeAnnotation, scope) : type
    put(key, element.optional ?? false, readonly ?? false, element, parts)
  } else if (element.type === 'MethodDefinition' && element.kind === 'method')
    put(key, element.optional ?? false, false, element, functionMember(on, element, scope))
  else
    put(key, false, false, element, refused(on, element, scope, `'${key}' is an accessor`, 'Leave it out with Omit.'))

  function put(key: string | number, optional: boolean, readonly: boolean, place: Span, type: Lazy): void {
    const from = 'computed' in element && element.computed ? someEnum : undefined
    const refuse = (what: string, hint: string): never => on.refuse(place, scope, what, hint)
    members.set(String(key), { key, from, optional, readonly, refuse, ...type })
  }

  function untyped(key: string | number, place: Span): never {
    return on.refuse(place, scope, `the type of ${level.name}.${key} is not written`, `Write it: ${key}: int16 = ...`)
  }
}

function isHidden({ accessibility }: { readonly accessibility?: string | null }): boolean {
  return accessibility === 'private' || accessibility === 'protected'
}
