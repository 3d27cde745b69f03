/** What is emitted is in normal form, so that no program carries the code that would bring it there. */
import { SchemaError } from '../../../lib/base/errors.ts'
import { normalizeField, normalizeShape } from '../../../lib/schema/canonical.ts'
import type { FieldSchema, Shape, StructSchema } from '../../../lib/schema/shape.ts'
import { UnresolvedType } from '../errors.ts'
import type { Scope } from '../source/scope.ts'
import type { Span } from './resolving.ts'

/** Where a type stands, and for whom. */
export interface Owner {
  readonly scope: Scope
  readonly node: Span
  readonly name: string
}

/** @throws UnresolvedType for types without an end or without content. */
export const normalField = (schema: FieldSchema, owner: Owner): FieldSchema =>
  placed(owner, () => normalizeField(schema))

/** @throws UnresolvedType likewise. */
export const normalStruct = ({ name, keys, types }: StructSchema, owner: Owner): StructSchema =>
  placed(owner, () => {
    const normal = normalizeShape(['struct', keys], types)
    const schema = { name, keys: normal.shape[1] as Readonly<Record<string, Shape>> }
    return Object.keys(normal.types).length === 0 ? schema : { ...schema, types: normal.types }
  })

function placed<T>({ scope, node: { start, end }, name }: Owner, normalize: () => T): T {
  try {
    return normalize()
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    const [what, hint = 'Write another type.'] = error.message.split(/: (.*)/s)
    throw new UnresolvedType({ file: scope.module.file, source: scope.module.source, start, end }, what!, hint, name)
  }
}
