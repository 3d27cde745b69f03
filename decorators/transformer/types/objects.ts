/** Object types: type literals and interfaces, with what they extend and merge. */
import type { Shape } from '../../../lib/schema/shape.ts'
import { lookupExpression } from '../source/bindings.ts'
import type { PropertyKey, TSInterfaceDeclaration, TSSignature, TSType, TSTypeAnnotation } from '../source/parse.ts'
import type { Declaration, Scope } from '../source/scope.ts'
import { addKey, type Lazy, lazy, type Member, type Members } from './members.ts'
import type { Resolving, Span } from './resolving.ts'
import { type Resolved, someEnum } from './shapes.ts'

const noMethods = 'Send data only; leave the function out, for example with Omit, or write a type for what is sent.'

/** What a key has that cannot be sent: the key itself counts. */
export function refused(on: Resolving, place: Span, scope: Scope, what: string, hint: string): Lazy {
  return lazy((): Resolved => on.refuse(place, scope, what, hint))
}

export function functionMember(on: Resolving, place: Span, scope: Scope): Lazy {
  return refused(on, place, scope, 'a function cannot be sent', noMethods)
}

/** The members of a type literal or of one interface's body. */
export function signatureMembers(on: Resolving, signatures: readonly TSSignature[], scope: Scope): Map<string, Member> {
  const members = new Map<string, Member>()
  const getters = new Set<string>()
  for (const signature of signatures) {
    if (signature.type === 'TSIndexSignature')
      on.refuse(signature, scope, 'an object with open keys cannot be sent', 'Write Map<string, T>, or name the keys.')
    if (signature.type !== 'TSPropertySignature' && signature.type !== 'TSMethodSignature')
      return on.refuse(signature, scope, 'a function cannot be sent', noMethods)
    const { key, from } = memberKey(on, signature.key, signature.computed, scope)
    const name = String(key)
    const accessor = signature.type === 'TSMethodSignature' ? signature.kind : 'method'
    if (accessor === 'get') getters.add(name)
    if (accessor === 'set' && getters.has(name)) continue
    members.set(name, {
      key,
      from,
      optional: signature.optional,
      readonly: accessor === 'get' || (signature.type === 'TSPropertySignature' && signature.readonly),
      refuse: (what, hint) => on.refuse(signature, scope, what, hint),
      ...signatureType(on, signature, name, scope),
    })
  }
  return members
}

function signatureType(
  on: Resolving,
  signature: Extract<TSSignature, { type: 'TSPropertySignature' | 'TSMethodSignature' }>,
  name: string,
  scope: Scope,
): Lazy {
  let annotation: TSTypeAnnotation | null | undefined
  if (signature.type === 'TSPropertySignature') annotation = signature.typeAnnotation
  else if (signature.kind === 'get') annotation = signature.returnType
  else if (signature.kind === 'set')
    return refused(on, signature, scope, `'${name}' cannot be read`, 'Write a plain key, or a getter too.')
  else return functionMember(on, signature, scope)
  return annotation
    ? on.lazy(annotation.typeAnnotation, scope)
    : refused(on, signature, scope, `'${name}' has no type`, 'Give it one.')
}

/** Adds one key; one that can only be absent is left out. */
export function putKey(
  on: Resolving,
  keys: Record<string, Shape>,
  key: string,
  type: Resolved,
  optional: boolean,
  place: Span,
  scope: Scope,
): void {
  addKey(keys, { key, optional, type: () => type, refuse: (what, hint) => on.refuse(place, scope, what, hint) })
}

/** A key as keyof has it. @throws UnresolvedType for keys that are computed from anything but a literal or an enum's member. */
export function keyName(on: Resolving, key: PropertyKey, computed: boolean, scope: Scope): string | number {
  let name: unknown
  if (key.type === 'Identifier' && !computed) name = key.name
  else if (key.type !== 'PrivateIdentifier') name = on.literalOf(key, scope)
  if (typeof name !== 'string' && typeof name !== 'number')
    return on.refuse(key, scope, 'this key is computed', 'Write the key as a plain name.')
  if (name === '__proto__') on.refuse(key, scope, "the key '__proto__' cannot be sent", 'Give it another name.')
  return name
}

/** The same with the enum that it may be a member of. */
export function memberKey(
  on: Resolving,
  key: PropertyKey,
  computed: boolean,
  scope: Scope,
): Pick<Member, 'key' | 'from'> {
  const isWritten = !computed || key.type === 'Literal' || key.type === 'UnaryExpression'
  return { key: keyName(on, key, computed, scope), from: isWritten ? undefined : someEnum }
}

const extending = new Set<TSInterfaceDeclaration>()

/** All members of an interface: what it extends first, then its own declarations in order. */
export function interfaceMembers(
  on: Resolving,
  declarations: readonly Declaration[],
  args: readonly TSType[],
  from: Scope,
  place: Span,
): Members {
  const inherited = new Map<string, Member>()
  const own = new Map<string, Member>()
  for (const { node, scope, name } of declarations) {
    if (node.type !== 'TSInterfaceDeclaration') continue
    const declared = node as TSInterfaceDeclaration
    const augmenting = on.modules.augmenting(scope.module.file, name)
    if (augmenting)
      on.refuse(
        place,
        from,
        `what ${name} has depends on which files are loaded: ${augmenting.file} adds to it with declare module`,
        'Write an interface of its own that extends it.',
      )
    if (extending.has(declared)) on.refuse(declared.id, scope, `${name} extends itself`, 'Take that away.')
    extending.add(declared)
    try {
      const inner = on.bind(declared.typeParameters, args, from, scope, place).scope
      const bases = on.deeper(declared.id, scope, () => heritage(on, declared, inner))
      for (const [key, member] of bases) inherited.set(key, member)
      for (const [key, member] of signatureMembers(on, declared.body.body, inner)) own.set(key, member)
    } finally {
      extending.delete(declared)
    }
  }
  return new Map([...inherited, ...own])
}

function heritage(on: Resolving, declared: TSInterfaceDeclaration, scope: Scope): [string, Member][] {
  return declared.extends.flatMap(clause => {
    const { expression, start, end } = clause
    const name =
      expression.type === 'MemberExpression' && expression.property.type === 'Identifier'
        ? expression.property.name
        : expression.type === 'Identifier'
          ? expression.name
          : '?'
    const meaning = lookupExpression(on.modules, scope, expression, 'type')
    const isOfClass = meaning?.kind === 'declared' && meaning.declarations.some(({ node }) => /^Class/.test(node.type))
    const args = clause.typeArguments?.params ?? []
    const parts = isOfClass ? [] : on.referenceParts({ name, meaning, args, start, end }, scope)
    const base = parts.length === 1 ? parts[0]! : undefined
    if (base?.kind !== 'object')
      return on.refuse(
        clause,
        scope,
        `${name} is no object type that an interface could extend on the wire`,
        'Extend an interface, or write its keys out.',
      )
    return [...base.members()]
  })
}
