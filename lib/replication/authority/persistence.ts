/** The seam to the stores: who hears of accepted calls of Database fields. Rule 12 of docs/guarantees.md. */
import type { Field } from '../../schema/network-class.ts'
import type { Body } from './body.ts'

export interface Persistence {
  /** A Database field of the object has a new value, which stands in `body.kept`. */
  changed(body: Body, field: Field): void
  /** Resolves when all that was accepted before is durable. */
  saved(body: Body): Promise<void>
}

/** Nothing is stored: Database acts as RAM. */
export const memoryOnly: Persistence = {
  changed() {},
  saved: () => Promise.resolve(),
}
