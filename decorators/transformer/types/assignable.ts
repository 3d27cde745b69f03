/** Whether one type fits another, for Extract and Exclude: yes, no, or not to be told from the source. */
import type { Literal } from '../../../lib/schema/shape.ts'
import { type Members, type Part, readType } from './members.ts'
import { comparesByValue, enumOf, equal, isLiterals, isOptional, kindsOf, type Resolved } from './shapes.ts'

type Answer = boolean | undefined

/** @param source one alternative. */
export function isAssignable(source: Part, target: readonly Part[]): Answer {
  return any(target.map(part => fits(source, part, target.length > 1)))
}

/** @param several whether other targets may take what this one leaves. */
function fits(source: Part, target: Part, several: boolean): Answer {
  if (target.kind === 'object') {
    if (source.kind === 'object') return hasKeys(source.members(), target.members(), several)
    return source.kind === 'other' ? likeObject(source.type(), target.members()) : undefined
  }
  const type = target.type()
  if (type === 'unknown') return true
  if (source.kind === 'object' && target.kind === 'other') return isSimple(type) ? false : undefined
  return assignable(source.type(), type, several)
}

function hasKeys(source: Members, target: Members, several: boolean): Answer {
  return all(
    [...target.values()].map(wanted => {
      const found = source.get(String(wanted.key))
      if (!found) return wanted.optional ? undefined : false
      if (found.optional && !wanted.optional) return false
      return assignable(readType(found), readType(wanted), several)
    }),
  )
}

const prototypes: readonly [kinds: readonly string[], prototype: object][] = [
  [['string'], String.prototype],
  [['number'], Number.prototype],
  [['boolean'], Boolean.prototype],
]

/** Strings and numbers have keys too, but not those of a message. */
function likeObject(type: Resolved, target: Members): Answer {
  const kinds = kindsOf(type)
  if (!kinds) return undefined
  if (kinds.every(kind => kind === 'null' || kind === 'undefined')) return false
  const [, prototype] = prototypes.find(([known]) => kinds.every(kind => known.includes(kind))) ?? []
  const isForeign = [...target.values()].some(({ key, optional }) => !optional && prototype && !(key in prototype))
  return isForeign ? false : undefined
}

function assignable(a: Resolved, b: Resolved, several: boolean): Answer {
  if (b === 'unknown' || a === 'never') return true
  if (a === 'unknown' || b === 'never') return false
  // Of two lists that look the same one may be readonly.
  if (equal(a, b) && !isLiterals(a)) return /"(list|tuple|set|map|type)"/.test(JSON.stringify(a)) ? undefined : true
  if (isOptional(a)) return all([assignable('undefined', b, several), assignable(a[1], b, several)])
  if (isOptional(b)) return a === 'undefined' || assignable(a, b[1], several)
  if (typeof a !== 'string' && a[0] === 'union') return all(a[1].map(part => assignable(part, b, several)))
  if (isLiterals(a)) {
    const each = a[1].map(value => literalFits(a, value, b))
    const isPartly = each.includes(true) && each.includes(false)
    return isPartly && several ? undefined : all(each)
  }
  if (typeof b !== 'string' && b[0] === 'union') return any(b[1].map(part => assignable(a, part, several)))
  const [kinds, others] = [kindsOf(a), kindsOf(b)]
  if (kinds && others) {
    if (kinds.some(kind => !others.includes(kind))) return false
    // Any number fits an enum of numbers.
    if (enumOf(b) && kinds.includes('number')) return undefined
    if (isLiterals(b)) return a === 'bool' && b[1].includes(true) && b[1].includes(false) ? true : a === 'null'
    return undefined
  }
  return (kinds && isObject(b)) || (others && isObject(a)) ? false : undefined
}

function literalFits(a: Resolved, value: Literal, b: Resolved): Answer {
  if (typeof b !== 'string' && b[0] === 'union') return any(b[1].map(part => literalFits(a, value, part)))
  if (isLiterals(b)) return b[1].includes(value) ? comparesByValue(a, b) || undefined : false
  const kinds = kindsOf(b)
  // Plain strings and numbers fit the wire types: those are brands that a value need not bear.
  if (kinds) return kinds.includes(value === null ? 'null' : typeof value)
  return isObject(b) ? false : undefined
}

function isSimple(type: Resolved): boolean {
  return kindsOf(type) !== undefined
}

/** Types of objects that no string, number, boolean or null fits. */
function isObject(type: Resolved): boolean {
  const kind = typeof type === 'string' ? type : type[0]
  return ['list', 'tuple', 'set', 'map', 'date', 'bytes', 'numbers', 'ref', 'instance'].includes(kind)
}

function all(answers: readonly Answer[]): Answer {
  if (answers.includes(false)) return false
  return answers.includes(undefined) ? undefined : true
}

function any(answers: readonly Answer[]): Answer {
  if (answers.includes(true)) return true
  return answers.includes(undefined) ? undefined : false
}
