/** What is emitted is in normal form, so that no program carries the code that would bring it there. */
import { SchemaError } from '../../../lib/base/errors.ts'
import { normalizeField, normalizeShape } from '../../../lib/schema/canonical.ts'
import type { FieldSchema, Shape, StructSchema } from '../../../lib/schema/shape.ts'
import { UnresolvedType } from '../errors.ts'
import type { Scope } from '../source/scope.ts'
import type { Span } from './resolving.ts'
import { weigh } from './shapes.ts'

/** Where a type stands, and for whom. */
export interface Owner {
  readonly scope: Scope
  readonly node: Span
  readonly name: string
}

/** So many parts may the types of one field or struct have, written out. */
const heaviest = 100_000

/** @throws UnresolvedType for types without an end, without content, or with too much of it. */
export const normalField = (schema: FieldSchema, owner: Owner): FieldSchema =>
  placed(owner, schema, () => normalizeField(schema))

/** @throws UnresolvedType likewise. */
export const normalStruct = ({ name, keys, types }: StructSchema, owner: Owner): StructSchema =>
  placed(owner, { keys, types }, () => {
    const normal = normalizeShape(['struct', keys], types)
    const schema = { name, keys: normal.shape[1] as Readonly<Record<string, Shape>> }
    return Object.keys(normal.types).length === 0 ? schema : { ...schema, types: normal.types }
  })

function placed<T>({ scope, node: { start, end }, name }: Owner, schema: object, normalize: () => T): T {
  try {
    if (weigh(schema, heaviest) > heaviest)
      throw new SchemaError(`Its types have more than ${heaviest} parts: Send less at once, or unknown.`)
    return normalize()
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    const [what, hint = 'Write another type.'] = error.message.split(/: (.*)/s)
    throw new UnresolvedType({ file: scope.module.file, source: scope.module.source, start, end }, what!, hint, name)
  }
}
