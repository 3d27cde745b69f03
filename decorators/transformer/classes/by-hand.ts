/** Types by hand: tells `@field(flags, int16, str(64))` from `@field(flags, { id: 3 })`. */
import { lookupExpression } from '../source/bindings.ts'
import type { Modules } from '../source/modules.ts'
import type { Expression } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import { wireValues } from '../types/wire-types.ts'
import type { Decoration } from './decorations.ts'

/** Whether the decorator itself names the types: whatever follows flags and options. */
export function byHand(modules: Modules, scope: Scope, { call }: Decoration): boolean {
  const [, second, ...others] = call!.arguments
  if (others.length > 0) return true
  if (!second) return false
  return !isOptions(modules, scope, second as Expression)
}

function isOptions(modules: Modules, scope: Scope, expression: Expression): boolean {
  if (expression.type === 'ObjectExpression') return true
  if (expression.type === 'TSAsExpression' || expression.type === 'TSSatisfiesExpression')
    return isOptions(modules, scope, expression.expression)
  const meaning = lookupExpression(
    modules,
    scope,
    expression.type === 'CallExpression' ? (expression.callee as Expression) : expression,
  )
  if (meaning?.kind === 'fieldcast') return !wireValues.has(meaning.name)
  return (
    meaning?.kind === 'value' &&
    meaning.init !== null &&
    expression.type !== 'CallExpression' &&
    isOptions(modules, meaning.scope, meaning.init)
  )
}
