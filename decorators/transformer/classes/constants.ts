/** What the arguments of a decorator come to, from the source alone: `Flags.OwnerSend | Flags.RAM`, `{ id: 3 }`, `str(64)`, or a name for them. */
import { SchemaError } from '../../../lib/base/errors.ts'
import { UnresolvedType } from '../errors.ts'
import { lookupExpression, type Meaning } from '../source/bindings.ts'
import type { Modules } from '../source/modules.ts'
import type { Class, Expression, Node, ObjectExpression, PropertyKey } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import { enumValues, evaluate } from '../types/enums.ts'
import { exports, globals, wireFunctions } from './known-names.ts'

/** Stands for a value that only a run tells; also inside arrays and objects. */
export const unknown: unique symbol = Symbol('unknown')

/**
 * A constant expression's value, or {@link unknown}. Runs none of the program's code; wire types become the real ones.
 * Arrays and objects behind a name count only where nothing may change them: `as const` or `Object.freeze`.
 */
export function constant(modules: Modules, scope: Scope, expression: Node): unknown {
  return new Constants(modules).of(expression as Expression, scope)
}

/** Whether any part of a value is {@link unknown}. */
export function isPartial(value: unknown): boolean {
  if (value === unknown) return true
  if (Array.isArray(value)) return value.some(isPartial)
  return isPlain(value) && Object.values(value).some(isPartial)
}

class Constants {
  readonly #modules: Modules
  /** The initializers that were evaluated; those still open count as unknown, so that cycles end. */
  readonly #initializers = new Map<Expression, unknown>()

  constructor(modules: Modules) {
    this.#modules = modules
  }

  of(expression: Expression, scope: Scope): unknown {
    switch (expression.type) {
      case 'Literal':
        return 'regex' in expression ? unknown : expression.value
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSTypeAssertion':
      case 'TSNonNullExpression':
        return this.of(expression.expression, scope)
      case 'ArrayExpression':
        return this.#items(expression.elements, scope)
      case 'ObjectExpression':
        return this.#object(expression, scope)
      case 'Identifier': {
        const meaning = lookupExpression(this.#modules, scope, expression)
        if (meaning) return this.#meant(meaning)
        return globals.has(expression.name) ? globals.get(expression.name) : unknown
      }
      case 'MemberExpression':
        return this.#member(expression, scope)
      case 'CallExpression':
        return this.#call(expression, scope)
      case 'UnaryExpression':
      case 'BinaryExpression':
      case 'TemplateLiteral': {
        const value = evaluate(expression, part => {
          const known = this.of(part, scope)
          return typeof known === 'number' || typeof known === 'string' ? known : undefined
        })
        return value ?? unknown
      }
      default:
        return unknown
    }
  }

  #meant(meaning: Meaning): unknown {
    switch (meaning.kind) {
      case 'fieldcast':
        return exports.has(meaning.name) ? exports.get(meaning.name) : unknown
      case 'value': {
        const { init, scope } = meaning
        if (!init) return unknown
        if (!this.#initializers.has(init)) {
          this.#initializers.set(init, unknown)
          const value = this.of(init, scope)
          const isShared = Array.isArray(value) || isPlain(value)
          this.#initializers.set(init, isShared && !this.#isFixed(init, scope) ? unknown : value)
        }
        return this.#initializers.get(init)
      }
      case 'declared':
        return this.#enum(meaning)
      default:
        return unknown
    }
  }

  #member(expression: Extract<Expression, { type: 'MemberExpression' }>, scope: Scope): unknown {
    const meaning = lookupExpression(this.#modules, scope, expression)
    if (meaning) return this.#meant(meaning)
    const key = this.#key(expression.property as PropertyKey, expression.computed, scope)
    if (key === undefined) return unknown
    const of = lookupExpression(this.#modules, scope, expression.object)
    const owner = of?.kind === 'declared' ? of.declarations.find(({ node }) => 'superClass' in node) : undefined
    if (owner) return this.#static(owner.node as Class, key, owner.scope)
    const object = of ? this.#meant(of) : this.of(expression.object, scope)
    if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key)) return unknown
    return (object as Record<string, unknown>)[key]
  }

  /** `static readonly id = 10` */
  #static(node: Class, key: string, scope: Scope): unknown {
    for (const item of node.body.body) {
      if (item.type !== 'PropertyDefinition' || !item.static || !item.readonly || !item.value) continue
      if (this.#key(item.key, item.computed, scope) === key)
        return this.#meant({ kind: 'value', init: item.value, scope })
    }
    return unknown
  }

  #enum({ declarations }: Extract<Meaning, { kind: 'declared' }>): unknown {
    if (declarations[0]?.node.type !== 'TSEnumDeclaration') return unknown
    try {
      return Object.fromEntries(
        enumValues(this.#modules, declarations, () => () => {
          throw new Uncertain()
        }),
      )
    } catch (error) {
      if (!(error instanceof Uncertain)) throw error
      return unknown
    }
  }

  /** @throws UnresolvedType for wire types that cannot be, which a run would not survive either. */
  #call(call: Extract<Expression, { type: 'CallExpression' }>, scope: Scope): unknown {
    const { callee, start, end } = call
    const args = this.#items(call.arguments, scope)
    if (args === unknown) return unknown
    if (isFreeze(this.#modules, scope, callee)) return args[0]
    const made = this.of(callee, scope)
    if (typeof made !== 'function' || !wireFunctions.has(made) || isPartial(args)) return unknown
    try {
      return (made as (...args: unknown[]) => unknown)(...args)
    } catch (error) {
      const { file, source } = scope.module
      const why = error instanceof SchemaError ? error.message.replace(/\.$/, '') : 'this is no wire type'
      throw new UnresolvedType(
        { file, source, start, end },
        why,
        'Write a type such as int16, str(64) or list(int16, 10).',
      )
    }
  }

  #items(items: readonly (Node | null)[], scope: Scope): unknown[] | typeof unknown {
    const values: unknown[] = []
    for (const item of items) {
      if (item?.type === 'SpreadElement') {
        const spread = this.of(item.argument, scope)
        if (!Array.isArray(spread)) return unknown
        values.push(...spread)
      } else values.push(item ? this.of(item as Expression, scope) : undefined)
    }
    return values
  }

  #object({ properties }: ObjectExpression, scope: Scope): unknown {
    const values: [string, unknown][] = []
    for (const property of properties) {
      if (property.type === 'SpreadElement') {
        const spread = this.of(property.argument, scope)
        if (!isPlain(spread)) return unknown
        values.push(...Object.entries(spread))
      } else {
        const key = this.#key(property.key, property.computed, scope)
        if (key === undefined) return unknown
        values.push([key, property.kind === 'init' ? this.of(property.value as Expression, scope) : unknown])
      }
    }
    return Object.fromEntries(values)
  }

  #key(key: PropertyKey, computed: boolean, scope: Scope): string | undefined {
    if (!computed && key.type === 'Identifier') return key.name
    if (key.type === 'PrivateIdentifier') return undefined
    const value = this.of(key as Expression, scope)
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  }

  /** Whether what a name stands for may not be changed by its holders. */
  #isFixed(init: Expression, scope: Scope): boolean {
    switch (init.type) {
      case 'TSAsExpression':
        return isConst(init.typeAnnotation) || this.#isFixed(init.expression, scope)
      case 'TSTypeAssertion':
        return isConst(init.typeAnnotation) || this.#isFixed(init.expression, scope)
      case 'TSSatisfiesExpression':
        return this.#isFixed(init.expression, scope)
      case 'CallExpression':
        return isFreeze(this.#modules, scope, init.callee)
      // Another name, which was asked the same, or the package's own.
      case 'Identifier':
      case 'MemberExpression':
        return true
      default:
        return false
    }
  }
}

class Uncertain extends Error {}

export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function isConst(type: Node): boolean {
  return type.type === 'TSTypeReference' && type.typeName.type === 'Identifier' && type.typeName.name === 'const'
}

function isFreeze(modules: Modules, scope: Scope, callee: Expression): boolean {
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return false
  const { object, property } = callee
  if (object.type !== 'Identifier' || object.name !== 'Object' || property.name !== 'freeze') return false
  return lookupExpression(modules, scope, object) === undefined
}
