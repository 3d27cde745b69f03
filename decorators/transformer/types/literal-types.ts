/** Literals as types: `'a'`, `-1`, `true`. */
import type { TSLiteralType } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import type { Resolving } from './resolving.ts'
import type { Resolved } from './shapes.ts'

export function literalType(on: Resolving, node: TSLiteralType, scope: Scope): Resolved {
  const { literal } = node
  if (literal.type === 'Literal') {
    const { value } = literal
    if (typeof value === 'string' || typeof value === 'boolean') return ['enum', [value]]
    if (typeof value === 'number' && Number.isFinite(value)) return ['enum', [value]]
    return on.refuse(node, scope, 'this literal cannot be sent', 'Write bigint, int64 or a literal number.')
  }
  if (
    literal.type === 'UnaryExpression' &&
    literal.argument.type === 'Literal' &&
    typeof literal.argument.value === 'number'
  )
    return ['enum', [literal.operator === '-' ? -literal.argument.value : literal.argument.value]]
  if (literal.type === 'TemplateLiteral' && literal.expressions.length === 0)
    return ['enum', [literal.quasis[0]!.value.cooked ?? '']]
  return on.refuse(node, scope, 'this literal cannot be sent', 'Write a string, number or boolean literal.')
}
