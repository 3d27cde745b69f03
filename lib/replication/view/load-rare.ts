/** Loads what not every game needs of a client, for those that do. */
import { Flags } from '../../schema/flags.ts'
import type { Schema } from '../../schema/schema.ts'

/** Each once it is loaded. */
export let rare: typeof import('./rare.ts') | undefined
export let batches: typeof import('./batches.ts') | undefined

/** To be awaited before the connection is made. Without a schema it loads for any. */
export async function loadRare(schema?: Schema, isManual?: boolean): Promise<void> {
  const uses = (flag: number): boolean => !schema || schema.fields.some(field => field.has(flag))
  const mayCreate = [...(schema?.classes.values() ?? [])].some(type => type.declaration.options.clientCreate)
  if (uses(Flags.Latest | Flags.Unreliable)) batches ??= await import('./batches.ts')
  if (isManual || mayCreate || uses(Flags.Predict)) rare ??= await import('./rare.ts')
}
