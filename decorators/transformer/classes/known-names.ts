/** What the names in a decorator's arguments stand for that no file of the program declares: exports of this package, and globals. */
import { Flags } from '../../../lib/schema/flags.ts'
import * as wire from '../../../lib/schema/wire.ts'

/** `Flags` and the wire types. */
export const exports: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...Object.entries(wire),
  ['wire', wire],
  ['Flags', Flags],
])

/** Those that make a wire type, like `str(64)`. */
export const wireFunctions: ReadonlySet<unknown> = new Set(
  Object.values(wire).filter(value => typeof value === 'function' && value !== wire.WireType),
)

const arrays = [
  Int8Array,
  Int16Array,
  Int32Array,
  BigInt64Array,
  Uint16Array,
  Uint32Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
]

export const globals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['undefined', undefined],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ...arrays.map(type => [type.name, type] as const),
])
