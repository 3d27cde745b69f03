/** Loads what predicted calls need, where a class has any. */
import { Flags } from '../../schema/flags.ts'
import type { Schema } from '../../schema/schema.ts'
import type { Predictions } from './predictions.ts'

let loaded: typeof import('./predictions.ts') | undefined

/** To be awaited before the first call is sent. */
export async function loadPredictions(schema?: Schema): Promise<void> {
  if (!schema || schema.fields.some(field => field.has(Flags.Predict))) loaded ??= await import('./predictions.ts')
}

export const newPredictions = (): Predictions => new loaded!.Predictions()
