/**
 * How far each client has used up the rates of fields that have one (`@field(flags, { rate: '10/s' })`). All numbers stand side by side, a row for each client, as
 * in session/gauges.ts; a game without such fields has none of this.
 */
import { SchemaError } from '../../base/errors.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'
import { type RateLimit, rateText, readRate } from '../../schema/rate.ts'
import type { Schema } from '../../schema/schema.ts'
import { Credits, pay } from '../../session/gauges.ts'

/** What is said of a call beyond its field's rate. */
export const excess = (field: Field): string =>
  `${field.path} more often than ${rateText(field.declaration.options.rate!)}`

export class FieldRates {
  /** The column of each field, by its key; -1 for fields without a rate. */
  readonly #columns: Int32Array
  readonly #limits: readonly RateLimit[]
  /** For each client and field until when it is paid, ms. */
  #paid: Float64Array
  #used = 0
  readonly #free: number[] = []
  readonly #credits = new Credits()

  private constructor(columns: Int32Array, limits: readonly RateLimit[]) {
    this.#columns = columns
    this.#limits = limits
    this.#paid = new Float64Array(limits.length * 16)
  }

  /** Null where no field has a rate. @throws SchemaError for a rate that is none, and for one that nobody could use up. */
  static of(schema: Schema): FieldRates | null {
    const columns = new Int32Array(schema.fields.length).fill(-1)
    const limits: RateLimit[] = []
    for (const field of schema.fields) {
      const { rate } = field.declaration.options
      if (rate === undefined) continue
      const limit = readRate(rate)
      if (typeof limit === 'string') throw new SchemaError(`${field.path}: ${limit}`)
      if (!field.has(Flags.OwnerSend | Flags.ClientSend))
        throw new SchemaError(
          `${field.path} has a rate, but no client may send it: a rate limits clients. Add Flags.OwnerSend or Flags.ClientSend, or leave out the rate.`,
        )
      columns[field.key] = limits.push(limit) - 1
    }
    return limits.length === 0 ? null : new FieldRates(columns, limits)
  }

  /** A row for one client, which has all its rates saved up. */
  open(now: number): number {
    const row = this.#free.pop() ?? this.#take()
    this.#paid.fill(now, row, row + this.#limits.length)
    return row
  }

  close(row: number): void {
    this.#credits.drop(row, this.#limits.length)
    this.#free.push(row)
  }

  /** One call more of the field `key`; false where that is one too many. */
  takeCall(row: number, key: number, now: number): boolean {
    const column = this.#columns[key]!
    if (column < 0) return true
    const { price, burst } = this.#limits[column]!
    return pay(this.#paid, row + column, now, price, burst) || this.#credits.pay(row + column, price)
  }

  /** For a client that was away: what it saved up meanwhile, beyond the burst, for each field once. */
  grant(row: number, ms: number): void {
    for (let column = 0; column < this.#limits.length; column++) this.#credits.grant(row + column, ms)
  }

  #take(): number {
    const row = this.#used
    this.#used += this.#limits.length
    if (this.#used > this.#paid.length) {
      const old = this.#paid
      this.#paid = new Float64Array(old.length * 2)
      this.#paid.set(old)
    }
    return row
  }
}
