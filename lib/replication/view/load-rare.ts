/** Loads what few games need of a client, for those that do. */
import { Flags } from '../../schema/flags.ts'
import type { NetworkClass } from '../../schema/network-class.ts'
import type { Schema } from '../../schema/schema.ts'

/** Once loaded. */
export let rare: typeof import('./rare.ts')

/** To be awaited before the connection is made. Without a schema it loads for any. */
export async function loadRare(schema?: Schema, isManual?: boolean): Promise<void> {
  const needs = ({ declaration, fields }: NetworkClass): boolean | undefined =>
    declaration.options.clientCreate || fields.some(field => field.has(Flags.Predict))
  if (isManual || !schema || [...schema.classes.values()].some(needs)) rare ??= await import('./rare.ts')
}
