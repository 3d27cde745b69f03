/** What the values of a decorator's arguments mean to it. */
import type { FieldOptions } from '../../../lib/schema/declaration.ts'
import { isPartial, isPlain, unknown } from './constants.ts'

/** The flags that a value stands for: itself, or all those of a list. */
export function flagsOf(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  if (isPartial(value)) return unknown
  return value.every(flag => typeof flag === 'number') ? value.reduce((all, flag) => all | flag, 0) : value
}

/** The options of a field, each perhaps unknown; undefined for the first of its types by hand. */
export function optionsOf(value: unknown): { readonly [Name in keyof FieldOptions]: unknown } | undefined {
  return isPlain(value) ? value : undefined
}
