/** A field's schema from wire types: what `@field(flags, int16, str(64))` comes to. Reached through the types themselves, so that programs without any do not carry it. */
import { SchemaError } from '../base/errors.ts'
import type { FieldSchema, ParameterShape, Shape } from './shape.ts'

/** What a wire type tells of itself. */
interface Given {
  readonly shape: ParameterShape[1] | 'void'
  readonly role: 'argument' | 'result' | 'none'
}

/** @param names of the parameters, where the transformer has read them. */
export function schemaByHand(field: string, types: readonly Given[], names: readonly string[]): FieldSchema {
  const params: ParameterShape[] = []
  let result: Shape | 'void' | undefined
  types.forEach((type, index) => {
    const last = index === types.length - 1
    if (typeof type !== 'object' || type === null || !('role' in type))
      throw new SchemaError(
        `@field on ${field}: type ${index + 1} is no wire type. Write int16, str(64), wire.optional(bool) and the like.`,
      )
    if (type.role === 'result') {
      if (!last) throw new SchemaError(`@field on ${field}: wire.returns comes last.`)
      result = type.shape as Shape | 'void'
    } else if (type.role === 'none') {
      if (index > 0 || types[1]?.role === 'argument')
        throw new SchemaError(`@field on ${field}: wire.none stands where there are no other parameters.`)
    } else {
      if (type.shape[0] === 'rest' && !last && types[index + 1]?.role !== 'result')
        throw new SchemaError(`@field on ${field}: wire.rest comes last.`)
      params.push([names[index] ?? `argument${index + 1}`, type.shape as ParameterShape[1]])
    }
  })
  return result === undefined ? { params } : { params, result }
}
