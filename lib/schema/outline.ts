/** The contract as plain data: what is hashed, what a server sends to a client whose hash differs, and how the two are compared. */
import type { Field } from './network-class.ts'

export interface FieldOutline {
  readonly id: number
  readonly name: string
  readonly flags: number
  /** Shapes, with ids in references. */
  readonly params: readonly unknown[]
  readonly result?: unknown
  /** Recursive types, by number. */
  readonly types?: unknown
}

export interface ClassOutline {
  readonly id: number
  /** For people only: minifiers may rename a class, so the name is not hashed. */
  readonly name: string
  readonly fields: readonly FieldOutline[]
}

/** @param resolve gives a shape, or any part of one, with ids in references. */
export function fieldOutline({ id, name, flags, schema }: Field, resolve: (part: unknown) => unknown): FieldOutline {
  const { params, result, types } = schema
  return {
    id,
    name,
    flags,
    params: params.map(([, shape]) => resolve(shape)),
    ...(result !== undefined && { result: resolve(result) }),
    ...(types && { types: resolve(types) }),
  }
}

/** The text that is hashed: the outline without the names of classes. docs/protocol.md, "Schema". */
export const hashedText = (outline: readonly ClassOutline[]): string =>
  JSON.stringify(outline.map(({ id, fields }) => ({ id, fields })))
