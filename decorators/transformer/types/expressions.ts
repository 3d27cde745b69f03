/** The types of constant expressions: literals, arrays and objects of them, `as const`, `satisfies`. */
import type { Literal } from '../../../lib/schema/shape.ts'
import { lookupExpression } from '../source/bindings.ts'
import type { Expression, ObjectExpression, PropertyKey, TSType } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import { evaluate } from './enums.ts'
import { type Lazy, lazy, type Member, objectPart, other, type Part, shapeOfParts } from './members.ts'
import { propertyParts } from './narrowing.ts'
import { functionMember, memberKey, refused } from './objects.ts'
import { isType, valuesOf } from './references.ts'
import { askTypeScript } from './refused-types.ts'
import type { Context, Resolving } from './resolving.ts'
import { equal, isLiterals, literals, type Resolved, unionOf } from './shapes.ts'
import { textsOf } from './templates.ts'

type Of<Type extends Expression['type']> = Extract<Expression, { type: Type }>

const asConst = `Write plain literals with as const, give it a type: const x: T = ..., ${askTypeScript}.`

export function expressionParts(on: Resolving, e: Expression, scope: Scope, context: Context): readonly Part[] {
  return on.deeper(e, scope, () => partsOf(on, e, scope, context))
}

function partsOf(on: Resolving, e: Expression, scope: Scope, context: Context): readonly Part[] {
  switch (e.type) {
    case 'ParenthesizedExpression':
      return expressionParts(on, e.expression, scope, context)
    case 'Literal':
      return [other(literal(on, e, e.value, scope, context))]
    case 'TemplateLiteral':
      return [other(template(on, e, scope, context))]
    case 'UnaryExpression':
      return [other(unary(on, e, scope, context))]
    case 'BinaryExpression':
      return [other(binary(on, e, scope))]
    case 'Identifier':
      return identifier(on, e, scope, context)
    case 'MemberExpression':
      return property(on, e, scope, context)
    case 'ArrayExpression':
      return [array(on, e, scope, context)]
    case 'ObjectExpression':
      return [objectPart(() => objectMembers(on, e, scope, context))]
    case 'TSAsExpression':
    case 'TSTypeAssertion':
      return isConst(e.typeAnnotation)
        ? expressionParts(on, e.expression, scope, 'const')
        : on.parts(e.typeAnnotation, scope)
    case 'TSSatisfiesExpression':
      return expressionParts(on, e.expression, scope, 'satisfied')
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return functionMember(on, e, scope).parts()
    default:
      return on.refuse(e, scope, 'the type of this expression is not written in the source', asConst)
  }
}

/** The one literal that an expression is by its type. Undefined where it is none, or cannot be told. */
export function literalOf(on: Resolving, e: Expression | PropertyKey, scope: Scope): Literal | undefined {
  if (e.type === 'Literal' && (typeof e.value === 'string' || typeof e.value === 'number')) return e.value
  if (!/^(Identifier|MemberExpression|UnaryExpression|TemplateLiteral)$/.test(e.type)) return undefined
  const known = e.type === 'UnaryExpression' ? evaluate(e, () => undefined) : undefined
  if (known !== undefined) return known
  const type = on.attempt(() => shapeOfParts(expressionParts(on, e as Expression, scope, 'kept')))
  return type && isLiterals(type) && type[1].length === 1 ? type[1][0] : undefined
}

function isConst(type: TSType): boolean {
  return type.type === 'TSTypeReference' && type.typeName.type === 'Identifier' && type.typeName.name === 'const'
}

function literal(on: Resolving, e: Expression, value: unknown, scope: Scope, context: Context): Resolved {
  if (value === null && (e as { raw?: string | null }).raw === 'null') return 'null'
  const wide = typeof value === 'string' ? 'str' : typeof value === 'boolean' ? 'bool' : 'float64'
  if (typeof value === 'bigint') {
    if (context === 'widened') return 'int64'
    return on.refuse(e, scope, 'this literal cannot be sent', 'Write bigint, int64 or a literal number.')
  }
  if (typeof value !== 'string' && typeof value !== 'boolean' && !Number.isFinite(value))
    return on.refuse(e, scope, 'this literal cannot be sent', 'Write a string, number or boolean literal.')
  if (context === 'satisfied')
    return on.refuse(
      e,
      scope,
      'whether satisfies keeps this literal or widens it cannot be told from the source',
      `Write as const before satisfies, ${askTypeScript}.`,
    )
  return context === 'widened' ? wide : literals([value as Literal])
}

function template(on: Resolving, e: Of<'TemplateLiteral'>, scope: Scope, context: Context): Resolved {
  const texts = e.quasis.map(({ value }) => value.cooked ?? '')
  if (e.expressions.length === 0) return literal(on, e, texts[0]!, scope, context)
  if (context === 'widened') return 'str'
  if (context !== 'const')
    return on.refuse(e, scope, 'whether this template is a literal cannot be told from the source', asConst)
  const parts = e.expressions.map(part => ({
    place: part,
    type: shapeOfParts(expressionParts(on, part, scope, 'const')),
  }))
  return textsOf(on, texts, parts, e, scope)
}

function unary(on: Resolving, e: Of<'UnaryExpression'>, scope: Scope, context: Context): Resolved {
  const { operator, argument } = e
  if ((operator === '-' || operator === '+') && argument.type === 'Literal' && typeof argument.value === 'number')
    return literal(on, e, operator === '-' ? -argument.value : argument.value, scope, context)
  if (operator === 'void') return 'undefined'
  if (operator === '!' && context === 'widened') return 'bool'
  if ((operator === '-' || operator === '+' || operator === '~') && kindOf(on, argument, scope) === 'number')
    return 'float64'
  return on.refuse(e, scope, 'the type of this expression is not written in the source', asConst)
}

function binary(on: Resolving, e: Of<'BinaryExpression'>, scope: Scope): Resolved {
  const { operator, left, right } = e
  if (/^([=!]==?|[<>]=?|in|instanceof)$/.test(operator)) return 'bool'
  const kinds = left.type === 'PrivateIdentifier' ? [] : [kindOf(on, left, scope), kindOf(on, right, scope)]
  if (operator === '+' && kinds.includes('string')) return 'str'
  if (kinds.every(kind => kind === 'number') && kinds.length === 2) return 'float64'
  return on.refuse(e, scope, 'the type of this expression is not written in the source', asConst)
}

function kindOf(on: Resolving, e: Expression, scope: Scope): 'string' | 'number' | undefined {
  const type = shapeOfParts(expressionParts(on, e, scope, 'widened'))
  const values = isLiterals(type) ? type[1] : []
  if (type[0] === 'str' || type === 'str' || (values.length > 0 && values.every(value => typeof value === 'string')))
    return 'string'
  const isNumber = /^(u?int(8|16|32)|varint|float\d+|quantized)$/.test(typeof type === 'string' ? type : type[0])
  return isNumber || (values.length > 0 && values.every(value => typeof value === 'number')) ? 'number' : undefined
}

function identifier(on: Resolving, e: Of<'Identifier'>, scope: Scope, context: Context): readonly Part[] {
  const { name, start, end } = e
  const meaning = lookupExpression(on.modules, scope, e)
  if (!meaning && name === 'undefined') return [other('undefined')]
  if (!meaning && (name === 'NaN' || name === 'Infinity')) return [other('float64')]
  return on.valueParts(meaning, { name, start, end }, scope, context === 'const' ? 'kept' : context)
}

function property(on: Resolving, e: Of<'MemberExpression'>, scope: Scope, context: Context): readonly Part[] {
  const { object, property: name, start, end } = e
  const key = e.computed ? literalOf(on, name, scope) : name.type === 'Identifier' ? name.name : undefined
  if ((typeof key !== 'string' && typeof key !== 'number') || e.optional)
    return on.refuse(e, scope, 'what is under this key cannot be told from the source', asConst)
  const whole = lookupExpression(on.modules, scope, e)
  if (whole)
    return on.valueParts(whole, { name: String(key), start, end }, scope, context === 'const' ? 'kept' : context)
  const of = lookupExpression(on.modules, scope, object)
  const declared = of?.kind === 'declared' ? of.declarations.find(isType)?.node : undefined
  // A variable that starts with one member of an enum can take the others.
  if (of?.kind === 'declared' && declared?.type === 'TSEnumDeclaration' && context === 'widened')
    return [other(literals([...valuesOf(on, of.declarations).values()], declared))]
  return propertyParts(on, expressionParts(on, object, scope, 'kept'), key, e, scope)
}

function array(on: Resolving, e: Of<'ArrayExpression'>, scope: Scope, context: Context): Part {
  const items = e.elements.map((element): Lazy => {
    if (!element || element.type === 'SpreadElement')
      return on.refuse(element ?? e, scope, 'which items this array has cannot be told from the source', asConst)
    return valueOf(on, element, scope, context)
  })
  if (context === 'const')
    return {
      kind: 'list',
      items,
      rest: undefined,
      type: () => ['tuple', items.map(item => on.sendable(item.type(), e, scope))],
    }
  if (context === 'satisfied' || items.length === 0)
    return on.refuse(e, scope, 'whether this is a list or a tuple, and of what, is not written in the source', asConst)
  const rest =
    items.length === 1
      ? items[0]!
      : lazy(() =>
          common(
            on,
            items.map(item => item.type()),
            e,
            scope,
          ),
        )
  return { kind: 'list', items: [], rest, type: () => ['list', on.sendable(rest.type(), e, scope)] }
}

/** What the items of a list come to, where TypeScript would find the same. */
function common(on: Resolving, types: readonly Resolved[], e: Expression, scope: Scope): Resolved {
  const isSimple = (type: Resolved): boolean => /^(str|float64|bool|null|int64)$/.test(String(type)) || isLiterals(type)
  if (types.every(isSimple) || types.every(type => equal(type, types[0]))) return unionOf(types)
  return on.refuse(e, scope, 'what the items of this array have in common cannot be told from the source', asConst)
}

/** A value inside an array or an object. */
function valueOf(on: Resolving, e: Expression, scope: Scope, context: Context): Lazy {
  const inner = context === 'kept' ? 'widened' : context
  const parts = (): readonly Part[] => expressionParts(on, e, scope, inner)
  return lazy(() => on.deeper(e, scope, () => shapeOfParts(parts())), parts)
}

function objectMembers(on: Resolving, e: ObjectExpression, scope: Scope, context: Context): Map<string, Member> {
  const members = new Map<string, Member>()
  for (const item of e.properties) {
    if (item.type === 'SpreadElement')
      return on.refuse(item, scope, 'what a spread brings cannot be told from the source', 'Write the keys out.')
    const { key, from } = memberKey(on, item.key, item.computed, scope)
    const isFunction = item.method || item.kind === 'set'
    const value = isFunction
      ? functionMember(on, item, scope)
      : item.kind === 'get'
        ? refused(on, item, scope, `the type of the getter '${key}' cannot be told from the source`, asConst)
        : valueOf(on, item.value, scope, context)
    members.set(String(key), {
      key,
      from,
      optional: false,
      readonly: context === 'const',
      refuse: (what, hint) => on.refuse(item, scope, what, hint),
      ...value,
    })
  }
  return members
}
