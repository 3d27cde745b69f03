/** The types over keys and over unions that TypeScript brings: Partial, Pick, Record, Exclude and so on. */
import type { TSType } from '../source/parse.ts'
import type { Scope } from '../source/scope.ts'
import { isAssignable } from './assignable.ts'
import { keyLiterals, membersOf } from './keys.ts'
import { defined, eachObject } from './mapped.ts'
import { type Member, type Members, objectPart, other, type Part } from './members.ts'
import { askTypeScript } from './refused-types.ts'
import type { Reference, Resolving } from './resolving.ts'
import { enumOf, isLiterals, isOptional, literals, type Resolved, unionOf } from './shapes.ts'

const utilities: ReadonlySet<string> = new Set([
  'Partial',
  'Required',
  'Readonly',
  'Pick',
  'Omit',
  'Record',
  'NonNullable',
  'Extract',
  'Exclude',
])

export function isUtility(name: string): boolean {
  return utilities.has(name)
}

/** A type argument of a global type. @throws UnresolvedType where it is missing. */
export function argumentOf(on: Resolving, reference: Reference, scope: Scope, index: number): TSType {
  const { name, args } = reference
  return (
    args[index] ??
    on.refuse(
      reference,
      scope,
      `${name} needs ${index === 0 ? 'a type argument' : `${index + 1} type arguments`}`,
      `Write for example ${name}<${index === 0 ? 'string' : 'string, int16'}>.`,
    )
  )
}

/** What such a type comes to. Undefined for other names. */
export function utilityParts(on: Resolving, reference: Reference, scope: Scope): readonly Part[] | undefined {
  const { name } = reference
  if (!isUtility(name)) return undefined
  const first = argumentOf(on, reference, scope, 0)
  const parts = (): readonly Part[] => on.parts(first, scope)
  const second = (): TSType => argumentOf(on, reference, scope, 1)
  switch (name) {
    case 'Readonly':
      return parts()
    case 'Partial':
      return overEach(member => ({ ...member, optional: true }))
    case 'Required':
      return overEach(member => (member.optional ? { ...member, ...defined(member), optional: false } : member))
    case 'Pick':
      return [objectPart(() => picked(membersOf(on, first, scope, name), names(second())))]
    case 'Omit':
      return [objectPart(() => without(membersOf(on, first, scope, name), names(second())))]
    case 'Record':
      return [objectPart(() => recordOf(names(first), enumOf(on.resolve(first, scope)), second()))]
    case 'NonNullable':
      return atoms(on, parts()).filter(part => !isNothing(part.type()))
    default: {
      const target = on.parts(second(), scope)
      return atoms(on, parts()).filter(part => {
        const fits = isAssignable(part, target)
        if (fits !== undefined) return fits === (name === 'Extract')
        return on.refuse(
          reference,
          scope,
          `what ${name} leaves cannot be decided`,
          `Write the union that is left, ${askTypeScript}.`,
        )
      })
    }
  }

  function overEach(change: (member: Member) => Member): readonly Part[] {
    if (parts().some(part => part.kind === 'object' && part.of === 'enum')) refuseObject()
    const over = (members: Members): Members => new Map([...members].map(([key, member]) => [key, change(member)]))
    return eachObject(parts(), over, refuseObject)
  }

  function refuseObject(): never {
    return on.refuse(first, scope, `${name} needs an object type here`, 'Write an interface or a type literal.')
  }

  function picked(members: Members, keys: readonly (string | number)[]): Members {
    return new Map(
      keys.map(key => [
        String(key),
        members.get(String(key)) ??
          on.refuse(second(), scope, `there is no key '${key}' to pick`, 'Name keys that the type has.'),
      ]),
    )
  }

  function without(members: Members, keys: readonly (string | number)[]): Members {
    return new Map([...members].filter(([, { key }]) => !keys.includes(key)))
  }

  function recordOf(keys: readonly (string | number)[], from: object | undefined, value: TSType): Members {
    const type = on.lazy(value, scope)
    const refuse = (what: string, hint: string): never => on.refuse(value, scope, what, hint)
    return new Map(keys.map(key => [String(key), { key, from, optional: false, readonly: false, refuse, ...type }]))
  }

  function names(node: TSType): readonly (string | number)[] {
    const keys = keyLiterals(on.resolve(node, scope))
    if (keys && !keys.includes('__proto__')) return keys
    return name === 'Record'
      ? on.refuse(
          reference,
          scope,
          'a record with open keys cannot be sent',
          "Write Map<string, T>, or Record<'a' | 'b', T> where the keys are known.",
        )
      : on.refuse(node, scope, `${name} needs the keys as literals here`, `Write them out: ${name}<..., 'a' | 'b'>.`)
  }
}

function isNothing(type: Resolved): boolean {
  return type === 'null' || type === 'undefined' || (isLiterals(type) && type[1].every(value => value === null))
}

/** Every alternative on its own: single literals, true and false, undefined. */
function atoms(on: Resolving, parts: readonly Part[]): Part[] {
  const split = (type: Resolved): Resolved[] => {
    if (type === 'bool') return [literals([true]), literals([false])]
    if (typeof type === 'string') return [type]
    if (isOptional(type)) return [...split(type[1]), 'undefined']
    if (isLiterals(type)) return type[1].map(value => literals([value], enumOf(type)))
    return type[0] === 'union' ? type[1].flatMap(split) : [type]
  }
  // Together first: a union of 'a' and string is string.
  const others = unionOf(parts.flatMap(part => (part.kind === 'other' ? [on.open(part.type())] : [])))
  return [...parts.filter(({ kind }) => kind !== 'other'), ...(others === 'never' ? [] : split(others).map(other))]
}
