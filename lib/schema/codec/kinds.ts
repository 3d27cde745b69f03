/** The types without parameters that every client knows, by number; use as `import * as Kind`. */

export const INT8 = 0
export const INT16 = 1
export const INT32 = 2
export const UINT8 = 3
export const UINT16 = 4
export const UINT32 = 5
export const VARINT = 6
export const FLOAT32 = 7
export const FLOAT64 = 8
export const BOOL = 9
export const NULL = 10

/** The position in this list is the kind that putPlain and getPlain take. */
export const plainKinds: readonly string[] = [
  'int8',
  'int16',
  'int32',
  'uint8',
  'uint16',
  'uint32',
  'varint',
  'float32',
  'float64',
  'bool',
  'null',
]
