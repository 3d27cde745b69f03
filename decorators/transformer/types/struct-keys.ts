/** The properties of structs and messages: what their instances carry. */
import { namesObject } from '../../../lib/messages/definition.ts'
import type { Shape } from '../../../lib/schema/shape.ts'
import { decided } from '../checker/ask.ts'
import type { Expression, TSType, TSTypeAnnotation } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import { expressionParts } from './expressions.ts'
import { type Level, lineageOf } from './lineage.ts'
import { shapeOfParts } from './members.ts'
import { keyName, putKey } from './objects.ts'
import type { Resolving, Span } from './resolving.ts'
import type { Resolved } from './shapes.ts'

/** Which decorator asks. */
type Kind = 'struct' | 'message'

/** What instances of a struct or message carry: its properties and those of its bases, the bases' first. */
export function structKeys(
  on: Resolving,
  first: Omit<Level, 'args' | 'argsScope'>,
  args: readonly TSType[] = [],
  from: Scope = first.scope,
  kind: Kind = 'struct',
): Record<string, Shape> {
  const { levels, network, lost } = lineageOf(on.modules, first, args, from)
  if (network)
    on.refuse(
      first.node.id ?? first.node,
      first.scope,
      `${first.name} is a network class and cannot be a ${kind}`,
      kind === 'struct'
        ? 'Take @struct() away: network objects are sent as references.'
        : 'Take @message() away, and send the id of the object, a uint32.',
    )
  if (lost)
    on.refuse(
      lost,
      levels.at(-1)!.scope,
      `what ${levels.at(-1)!.name} extends cannot be found`,
      'Extend a class that is declared in a file or imported from one, or nothing.',
    )
  const scopes: Scope[] = []
  let argsScope = from
  for (const level of levels) {
    scopes.push(
      on.bind(level.node.typeParameters, level.args, argsScope, level.scope, level.node.id ?? level.node).scope,
    )
    argsScope = scopes.at(-1)!
  }
  const keys: Record<string, Shape> = {}
  levels
    .map((level, index) => ({ level, scope: scopes[index]! }))
    .reverse()
    .forEach(({ level, scope }) => {
      addProperties(on, keys, level, scope, first, kind)
    })
  return keys
}

function addProperties(
  on: Resolving,
  keys: Record<string, Shape>,
  { node, name }: Level,
  scope: Scope,
  first: Omit<Level, 'args' | 'argsScope'>,
  kind: Kind,
): void {
  const typed = (
    key: string,
    annotation: TSTypeAnnotation | null | undefined,
    value: Expression | null,
    member: Span,
    isFixed = false,
  ): Resolved => {
    const place = annotation?.typeAnnotation ?? member
    const type = decided(on, { ...first, key }, 'property', place, scope, () => {
      const written = annotated(on, annotation, value, scope, isFixed)
      return written ?? on.refuse(member, scope, `the type of ${name}.${key} is not written`, `Write it: ${key}: int16`)
    })
    if (kind === 'message' && namesObject([type, on.types]))
      on.refuse(
        place,
        scope,
        `${key} is or holds a network object, and a message carries none`,
        'Send its id, a uint32, and look it up in client.objects there.',
      )
    return type
  }

  for (const member of node.body.body) {
    if (member.type === 'PropertyDefinition' || member.type === 'TSAbstractPropertyDefinition') {
      if (member.static) continue
      if (member.key.type === 'PrivateIdentifier')
        on.refuse(
          member.key,
          scope,
          `the ${kind} ${name} has a property #${member.key.name}, which nobody outside can read`,
          'Make it a plain property, or static, or keep it elsewhere.',
        )
      const key = keyName(on, member.key, member.computed, scope)
      const type = typed(String(key), member.typeAnnotation, member.value, member, member.readonly)
      putKey(on, keys, String(key), type, member.optional ?? false, member, scope)
    } else if (member.type === 'MethodDefinition' && member.kind === 'constructor') {
      for (const parameter of member.value.params) {
        if (parameter.type !== 'TSParameterProperty') continue
        const target = parameter.parameter.type === 'AssignmentPattern' ? parameter.parameter.left : parameter.parameter
        if (target.type !== 'Identifier') continue
        const value = parameter.parameter.type === 'AssignmentPattern' ? parameter.parameter.right : null
        const type = typed(target.name, target.typeAnnotation, value, parameter)
        putKey(on, keys, target.name, type, target.optional ?? false, parameter, scope)
      }
    } else if (member.type === 'AccessorProperty' && !member.static) {
      on.refuse(member, scope, `the ${kind} ${name} has an accessor property`, 'Write a plain property.')
    }
  }
}

/**
 * The written type, else what a literal initializer makes plain, else undefined.
 * @param isFixed whether nothing else can be assigned: `readonly kind = 'circle'`.
 */
export function annotated(
  on: Resolving,
  annotation: TSTypeAnnotation | null | undefined,
  value: Expression | null,
  scope: Scope,
  isFixed = false,
): Resolved | undefined {
  if (annotation) return on.resolve(annotation.typeAnnotation, scope)
  if (isFixed && value) return shapeOfParts(expressionParts(on, value, scope, 'kept'))
  let literal = value
  if (literal?.type === 'UnaryExpression' && (literal.operator === '-' || literal.operator === '+'))
    literal = literal.argument
  if (literal?.type === 'TemplateLiteral') return 'str'
  if (literal?.type !== 'Literal') return undefined
  if (typeof literal.value === 'number') return 'float64'
  if (literal !== value) return undefined
  if (typeof literal.value === 'string') return 'str'
  return typeof literal.value === 'boolean' ? 'bool' : undefined
}
