/** How what the transformer has read of a class's properties reaches `@struct` and `@message`. */
import type { StructSchema } from '../lib/schema/shape.ts'

/** As the second argument of the decorator: what the transformer's own calls hand over. */
export function isStructSchema(given: unknown): given is StructSchema {
  return typeof given === 'object' && given !== null && 'keys' in given && !('kind' in given)
}
