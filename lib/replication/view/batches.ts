/** Reads batches: calls of one field, objects ascending, each in whole or as the step from what the zone's stream said last. Loaded where a class has Latest or Unreliable fields. */
import type { Reader } from '../../base/bytes.ts'
import type { MalformedError } from '../../base/errors.ts'
import type { Field } from '../../schema/network-class.ts'
import { type Bases, basesOf } from './bases.ts'
import type { ViewBody } from './view-body.ts'

/** What it would import if it were not loaded late. */
export interface BatchKit {
  readonly Reader: typeof Reader
  readonly MalformedError: typeof MalformedError
}

/** The objects in view, and how their snapshots are read. */
export interface Seen {
  readonly bodies: ReadonlyMap<number, ViewBody>
  readonly schema: { readonly fields: readonly Field[] }
  eachField(body: ViewBody, bytes: Uint8Array, use: (field: Field, args: unknown[], at: number) => void): void
}

/** Who does what the calls say. */
export interface Deliveries {
  deliver(field: Field, id: number, r: Reader, body: ViewBody | undefined): void
  /** The game has ended the connection. */
  readonly isOver: boolean
  /** A step for an object that is not there. */
  lost(id: number, field: Field, body: ViewBody | undefined): void
}

export class Batches {
  readonly #kit: BatchKit
  readonly #view: Seen
  readonly #deliveries: Deliveries
  /** By field key, for fields whose calls may come in steps. */
  readonly #bases: readonly (Bases | undefined)[]

  constructor(kit: BatchKit, view: Seen, deliveries: Deliveries) {
    this.#kit = kit
    this.#view = view
    this.#deliveries = deliveries
    this.#bases = basesOf(view.schema.fields, () => new kit.Reader())
  }

  read(field: Field, end: number, r: Reader): void {
    const deliveries = this.#deliveries
    const bases = this.#bases[field.key]
    for (let id = 0; r.position < end; ) {
      if (deliveries.isOver) return
      const head = r.varint()
      id += Math.floor(head / 2)
      const known = this.#view.bodies.get(id)
      const body = known?.type === field.owner ? known : undefined
      if (head % 2 === 0) {
        const from = r.position
        deliveries.deliver(field, id, r, body)
        if (body) bases?.keep(body, r.bytes, from)
      } else {
        const stepped = bases?.step(body, r)
        if (stepped) deliveries.deliver(field, id, stepped, body)
        else deliveries.lost(id, field, body)
      }
    }
    if (r.position !== end) throw new this.#kit.MalformedError('a batch ends within a call')
  }

  /** What a snapshot holds is what steps lead on from, at once: the fields themselves may have to wait. */
  learn(body: ViewBody, fields: Uint8Array): void {
    if (body.type.fields.some(({ key }) => this.#bases[key]))
      this.#view.eachField(body, fields, (field, _, at) => this.#bases[field.key]?.keep(body, fields, at))
  }

  release(body: ViewBody): void {
    for (const { key } of body.type.fields) this.#bases[key]?.release(body)
  }
}
