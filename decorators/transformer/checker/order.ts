/**
 * The order of a union's members where TypeScript's types are all that is known of it. Theirs follows from what was checked before what,
 * and the order is part of the contract: the first member that takes a value is used. So narrow types come before wide ones, and the rest by name.
 */
import type { Shape } from '../../../lib/schema/shape.ts'
import type { Resolved } from '../types/shapes.ts'

const kinds: readonly string[] = [
  'undefined',
  'never',
  'enum',
  'bool',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'varint',
  'quantized',
  // A float32 takes every number and rounds it.
  'float64',
  'float32',
  // Whole numbers arrive as bigint there.
  'int64',
  'uint64',
  'str',
  'bytes',
  'date',
  'numbers',
  'ref',
  'instance',
  'struct',
  'type',
  'tuple',
  'list',
  'set',
  'map',
  // Nothing else takes it, and here people write it.
  'null',
]

export function inOrder(types: readonly Resolved[]): Resolved[] {
  return types
    .map(type => ({ type, rank: kinds.indexOf(kindOf(type)), width: widthOf(type), text: textOf(type) }))
    .sort((a, b) => a.rank - b.rank || a.width - b.width || (a.text < b.text ? -1 : 1))
    .map(({ type }) => type)
}

const kindOf = (type: Resolved): string => (typeof type === 'string' ? type : type[0])

/** Limits by size; objects with more keys first, since those with fewer keys would take their values and drop what they do not name. */
function widthOf(type: Resolved): number {
  if (typeof type === 'string') return Number.POSITIVE_INFINITY
  if (type[0] === 'str' || type[0] === 'bytes') return type[1] as number
  return type[0] === 'struct' ? -Object.keys(type[1] as Readonly<Record<string, Shape>>).length : 0
}

/** The same text for the same type, in whatever order its keys and literals came. */
function textOf(type: Resolved): string {
  return JSON.stringify(type, (_, part: unknown) => {
    if (Array.isArray(part))
      return part[0] === 'enum' ? ['enum', ...(part[1] as unknown[]).map(value => JSON.stringify(value)).sort()] : part
    if (typeof part !== 'object' || part === null) return part
    return Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))
  })
}
