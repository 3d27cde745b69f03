/** Object types: interfaces with what they extend and merge, type literals. */
import type { Shape } from '../../../lib/schema/shape.ts'
import { lookupExpression } from '../source/bindings.ts'
import type { PropertyKey, TSInterfaceDeclaration, TSSignature, TSType } from '../source/parse.ts'
import type { Declaration, Scope } from '../source/scope.ts'
import type { Resolving, Span } from './resolving.ts'
import { type Keys, type Resolved, unionOf } from './shapes.ts'

const noMethods = 'Send data only; leave the function out, for example with Omit, or write a type for what is sent.'

/** The keys of a type literal or of one interface's body. */
export function memberKeys(on: Resolving, signatures: readonly TSSignature[], scope: Scope): Record<string, Shape> {
  const keys: Record<string, Shape> = {}
  for (const signature of signatures) {
    switch (signature.type) {
      case 'TSPropertySignature': {
        const key = keyName(on, signature.key, signature.computed, scope)
        if (!signature.typeAnnotation) on.refuse(signature, scope, `'${key}' has no type`, 'Give it one.')
        putKey(
          on,
          keys,
          key,
          on.resolve(signature.typeAnnotation!.typeAnnotation, scope),
          signature.optional,
          signature,
          scope,
        )
        break
      }
      case 'TSIndexSignature':
        on.refuse(
          signature,
          scope,
          'an object with open keys cannot be sent',
          'Write Map<string, T>, or name the keys.',
        )
        break
      default:
        on.refuse(signature, scope, 'a function cannot be sent', noMethods)
    }
  }
  return keys
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
  if (type === 'undefined' || type === 'never') {
    if (!optional) on.refuse(place, scope, `'${key}' can have no value`, `Leave it out, or write '${key}?: T'.`)
    delete keys[key]
    return
  }
  keys[key] = optional ? (unionOf([type, 'undefined']) as Shape) : type
}

export function keyName(on: Resolving, key: PropertyKey, computed: boolean, scope: Scope): string {
  const name =
    key.type === 'Identifier' && !computed
      ? key.name
      : key.type === 'Literal' && (typeof key.value === 'string' || typeof key.value === 'number')
        ? String(key.value)
        : undefined
  if (name === undefined) on.refuse(key, scope, 'this key is computed', 'Write the key as a plain name.')
  if (name === '__proto__') on.refuse(key, scope, "the key '__proto__' cannot be sent", 'Give it another name.')
  return name!
}

/** All keys of an interface: what it extends first, then its own declarations in order. */
export function interfaceKeys(
  on: Resolving,
  declarations: readonly Declaration[],
  args: readonly TSType[],
  from: Scope,
  place: Span,
): Keys {
  const inherited: Record<string, Shape> = {}
  const own: Record<string, Shape> = {}
  for (const { node, scope } of declarations) {
    if (node.type !== 'TSInterfaceDeclaration') continue
    const declared = node as TSInterfaceDeclaration
    const inner = on.bind(declared.typeParameters, args, from, scope, place).scope
    for (const heritage of declared.extends) {
      const { expression, start, end } = heritage
      const name =
        expression.type === 'MemberExpression' && expression.property.type === 'Identifier'
          ? expression.property.name
          : expression.type === 'Identifier'
            ? expression.name
            : '?'
      const meaning = lookupExpression(on.modules, inner, expression)
      const base = on.open(
        on.reference({ name, meaning, args: heritage.typeArguments?.params ?? [], start, end }, inner),
      )
      if (typeof base === 'string' || base[0] !== 'struct')
        on.refuse(
          heritage,
          inner,
          `${name} is no object type that an interface could extend on the wire`,
          'Extend an interface, or write its keys out.',
        )
      else Object.assign(inherited, base[1])
    }
    Object.assign(own, memberKeys(on, declared.body.body, inner))
  }
  return { ...inherited, ...own }
}
