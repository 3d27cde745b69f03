/** The shapes of types that are not made of keys: plain ones, wire types with their limits, the platform's classes. */
import { SchemaError } from '../../../lib/base/errors.ts'
import { normalizeShape } from '../../../lib/schema/canonical.ts'
import { MAX_COUNT } from '../../../lib/schema/codec/contract.ts'
import type { NumbersKind, PlainShape, Shape } from '../../../lib/schema/shape.ts'
import { wireValues } from '../types/wire-types.ts'
import type { Type } from './contract.ts'
import type { Description } from './describe.ts'

/** What is done with the types inside. */
export interface Parts {
  /** @param key stands for the part in messages. */
  value(part: Type, key: string): Shape
  refuse(what: string, hint: string): never
}

type Plain = Extract<Description, { kind: 'plain' }>['type']

const plain: Readonly<Record<Plain, PlainShape>> = {
  number: 'float64',
  string: 'str',
  boolean: 'bool',
  bigint: 'int64',
  unknown: 'unknown',
}

export function plainShape(type: Plain): Shape {
  return plain[type]
}

export function wireShape(
  { name, parameters, of }: Extract<Description, { kind: 'wire' }>,
  { value, refuse }: Parts,
): Shape {
  const values = parameters.map(parameter => parameter.value)
  if (!wireValues.has(name) || values.some(each => typeof each !== 'number'))
    refuse('the parameters of a wire type must be numbers', 'Write for example str<64>.')
  // Where none is written the type itself fills in the default.
  const limits = values.length === 1 && values[0] === MAX_COUNT ? [] : values
  const stand = [name, ...(of ? ['bool'] : []), ...limits]
  if (limits.length > 0 && !isPossible(stand as unknown as Shape))
    refuse('the limits of this wire type are impossible', 'Write for example str<64>.')
  const parts = [...(of ? [value(of, '[]')] : []), ...limits]
  return (parts.length === 0 ? name : [name, ...parts]) as unknown as Shape
}

function isPossible(shape: Shape): boolean {
  try {
    normalizeShape(shape)
    return true
  } catch (error) {
    if (error instanceof SchemaError) return false
    throw error
  }
}

export function globalShape(name: string, args: readonly Type[], { value }: Parts): Shape {
  const arg = (index: number): Shape => value(args[index]!, `${name}[${index}]`)
  switch (name) {
    case 'Date':
      return 'date'
    case 'Uint8Array':
      return 'bytes'
    case 'Set':
    case 'ReadonlySet':
      return ['set', arg(0)]
    case 'Map':
    case 'ReadonlyMap':
      return ['map', arg(0), arg(1)]
    default:
      return ['numbers', name.replace(/^Big|Array$/g, '').toLowerCase() as NumbersKind]
  }
}
