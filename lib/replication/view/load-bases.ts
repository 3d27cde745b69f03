/** Loads what steps in batches need, where a class has Latest fields. */
import type { Schema } from '../../schema/schema.ts'

let loaded: typeof import('./bases.ts') | undefined

/** To be awaited before the connection is made. */
export async function loadBases(schema?: Schema): Promise<void> {
  if (!schema || schema.fields.some(field => field.isLatest)) loaded ??= await import('./bases.ts')
}

export const basesOf: typeof import('./bases.ts').basesOf = (...args) => loaded?.basesOf(...args) ?? []
