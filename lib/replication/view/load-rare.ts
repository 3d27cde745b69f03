/** Loads what not every game needs of a client, for those that do, and what every one needs later. */
import { Flags } from '../../schema/flags.ts'
import type { Schema } from '../../schema/schema.ts'

/** Each once it is loaded. */
export let rare: typeof import('./rare.ts') | undefined
export let batches: typeof import('./batches.ts') | undefined
export let beside: typeof import('./beside.ts') | undefined

const load = async (): Promise<void> => void (rare ??= await import('./rare.ts'))
const loadBatches = async (): Promise<void> => void (batches ??= await import('./batches.ts'))

/** To be awaited before the server is heard: it takes its time beside the dialling. */
export const loadBeside = async (): Promise<void> => void (beside ??= await import('./beside.ts'))

/** To be awaited before the client is made. */
export async function loadRare({ fields, classes }: Schema, isManual: boolean): Promise<void> {
  const uses = (flag: number): boolean => fields.some(field => field.has(flag))
  const mayCreate = [...classes.values()].some(type => type.declaration.options.clientCreate)
  await Promise.all([
    uses(Flags.Latest | Flags.Unreliable) && loadBatches(),
    (isManual || mayCreate || uses(Flags.Predict)) && load(),
  ])
}

/** All of it, for any game. */
export async function loadAll(): Promise<void> {
  await Promise.all([load(), loadBatches(), loadBeside()])
}
