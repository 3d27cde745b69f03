/** The values of enums: literals, auto-increment and constant expressions, evaluated as TypeScript does. */
import { lookupExpression } from '../source/bindings.ts'
import type { Modules } from '../source/modules.ts'
import type { Expression, TSEnumDeclaration, TSEnumMember } from '../source/parse.ts'
import type { Declaration, Scope } from '../source/scope.ts'

type Constant = string | number

export type Refuse = (node: { readonly start: number; readonly end: number }, what: string, hint: string) => never

const hint = 'Write the value as a literal or a constant expression of literals and other enum members.'

/** Values by member name; merged declarations of one enum count together. */
export function enumValues(
  modules: Modules,
  declarations: readonly Declaration[],
  refuseIn: (scope: Scope) => Refuse,
): Map<string, Constant> {
  const values = new Map<string, Constant>()
  for (const { node, scope, name } of declarations) {
    if (node.type !== 'TSEnumDeclaration') continue
    const refuse = refuseIn(scope)
    let next: number | undefined = 0
    for (const item of (node as TSEnumDeclaration).body.members) {
      const key = memberName(item)
      if (key === undefined) refuse(item, 'this enum member has a computed name', 'Give the member a plain name.')
      let value: Constant | undefined
      if (item.initializer) {
        value = evaluate(item.initializer, expression => reference(expression, values, name, modules, scope, refuseIn))
        if (value === undefined)
          refuse(item.initializer, `the value of ${name}.${key} cannot be computed from the source`, hint)
      } else {
        value = next
        if (value === undefined) refuse(item, `${name}.${key} needs a value`, hint)
      }
      if (typeof value === 'number' && !Number.isFinite(value))
        refuse(item, `the value of ${name}.${key} is no finite number`, hint)
      next = typeof value === 'number' ? value + 1 : undefined
      values.set(key!, value!)
    }
  }
  return values
}

export function memberName(item: TSEnumMember): string | undefined {
  if (item.id.type === 'Identifier') return item.id.name
  if (item.id.type === 'Literal') return String(item.id.value)
  return undefined
}

function reference(
  expression: Expression,
  own: ReadonlyMap<string, Constant>,
  enumName: string,
  modules: Modules,
  scope: Scope,
  refuseIn: (scope: Scope) => Refuse,
): Constant | undefined {
  if (expression.type === 'Identifier') {
    if (own.has(expression.name)) return own.get(expression.name)
    const meaning = lookupExpression(modules, scope, expression)
    if (meaning?.kind !== 'value' || !meaning.init) return undefined
    const inner = meaning.scope
    return evaluate(meaning.init, nested =>
      nested === expression ? undefined : reference(nested, new Map(), '', modules, inner, refuseIn),
    )
  }
  if (expression.type !== 'MemberExpression') return undefined
  const { object, property } = expression
  const key =
    !expression.computed && property.type === 'Identifier'
      ? property.name
      : property.type === 'Literal' && typeof property.value === 'string'
        ? property.value
        : undefined
  if (key === undefined) return undefined
  if (object.type === 'Identifier' && object.name === enumName && own.has(key)) return own.get(key)
  const meaning = lookupExpression(modules, scope, object)
  if (meaning?.kind !== 'declared' || meaning.declarations[0]?.name === enumName) return undefined
  return enumValues(modules, meaning.declarations, refuseIn).get(key)
}

/** A constant expression's value. `nameValue` gives what names stand for. */
export function evaluate(
  expression: Expression,
  nameValue: (expression: Expression) => Constant | undefined,
): Constant | undefined {
  switch (expression.type) {
    case 'Literal':
      return typeof expression.value === 'string' || typeof expression.value === 'number' ? expression.value : undefined
    case 'TemplateLiteral': {
      let text = expression.quasis[0]?.value.cooked ?? ''
      for (const [index, part] of expression.expressions.entries()) {
        const value = evaluate(part, nameValue)
        if (value === undefined) return undefined
        text += `${value}${expression.quasis[index + 1]?.value.cooked ?? ''}`
      }
      return text
    }
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return evaluate(expression.expression, nameValue)
    case 'UnaryExpression': {
      const value = evaluate(expression.argument, nameValue)
      if (typeof value !== 'number') return undefined
      if (expression.operator === '-') return -value
      if (expression.operator === '+') return value
      return expression.operator === '~' ? ~value : undefined
    }
    case 'BinaryExpression': {
      if (expression.left.type === 'PrivateIdentifier') return undefined
      const left = evaluate(expression.left, nameValue)
      const right = evaluate(expression.right, nameValue)
      if (left === undefined || right === undefined) return undefined
      if (typeof left === 'number' && typeof right === 'number') return arithmetic[expression.operator]?.(left, right)
      return expression.operator === '+' ? `${left}${right}` : undefined
    }
    default:
      return nameValue(expression)
  }
}

const arithmetic: Partial<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '**': (a, b) => a ** b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >> b,
  '>>>': (a, b) => a >>> b,
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
}
