/** A command outlives short troubles of its store: what may well succeed later is tried again. */
import type { Clock } from '../../base/clock.ts'
import { StoreError } from '../../base/errors.ts'

/** Who hears of troubles, and by whose time they pass. */
export interface Teller {
  readonly clock: Clock
  tell(text: string): void
}

/** Before each further attempt, ms. */
const PAUSES = [250, 500, 1000, 2000, 4000, 8000]

/** @param task harmless when repeated. @throws what the last attempt has thrown. */
export async function patiently<T>(teller: Teller, task: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++)
    try {
      return await task()
    } catch (error) {
      const pause = PAUSES[attempt]
      if (!(error instanceof StoreError) || error.kind !== 'retryable' || pause === undefined) throw error
      teller.tell(`${error.message} Trying again in ${pause / 1000} s.`)
      await new Promise<void>(resolve => teller.clock.after(pause, resolve))
    }
}
