/** Reads batches: calls of one field, objects ascending, each in whole or as the step from what the zone's stream said last. Loaded where a class has Latest or Unreliable fields. */
import type { Reader } from '../../base/bytes.ts'
import type { MalformedError } from '../../base/errors.ts'
import type { Field } from '../../schema/network-class.ts'
import { type Bases, basesOf } from './bases.ts'
import type { ViewBody } from './view-body.ts'

export { Flights } from './flights.ts'

// As in protocol/opcodes.ts, which the first piece has.
const op = { Batch: 0x50, Tick: 0x51, Newest: 0x52 }

/** What it would import if it were not loaded late. */
export interface BatchKit {
  readonly Reader: typeof Reader
  readonly MalformedError: typeof MalformedError
}

/** The objects in view, and how their snapshots are read. */
export interface Seen {
  readonly bodies: ReadonlyMap<number, ViewBody>
  readonly schema: { readonly fields: readonly Field[] }
  readArguments(field: Field, r: Reader): unknown[]
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
  /**
   * When what is read now was sent, on a wire with datagrams: twice its tick, and one more for datagrams, which leave behind all else of their flush.
   * 0 on other wires, where all comes in order.
   */
  at = 0
  /** When the values that each object has were sent: by field index, and first of those in its snapshot. Weak, for a snapshot may be applied when its object has left. */
  #sentAt = new WeakMap<ViewBody, number[]>()
  #isTimed = false

  constructor(kit: BatchKit, view: Seen, deliveries: Deliveries) {
    this.#kit = kit
    this.#view = view
    this.#deliveries = deliveries
    this.#bases = basesOf(view.schema.fields, () => new kit.Reader())
  }

  /** A frame begins, or a datagram. */
  begin(hasDatagrams: boolean): void {
    this.at = 0
    // On another wire all comes in order again.
    if (hasDatagrams || !this.#isTimed) return
    this.#sentAt = new WeakMap()
    this.#isTimed = false
  }

  /** Reads a message and does what it says. False where it is none of those that are read here. */
  receive(code: number, r: Reader, isDatagram: boolean): boolean {
    if (code === op.Batch) this.#read(this.#field(r), r)
    else if (code === op.Newest) this.#readAgain(r.varint(), this.#field(r), r.varint(), r)
    else if (code === op.Tick) this.at = 2 * r.varint() + (isDatagram ? 1 : 0)
    else return false
    return true
  }

  #field(r: Reader): Field {
    const key = r.varint()
    const field = this.#view.schema.fields[key]
    if (!field) throw new this.#kit.MalformedError(`there is no field ${key}`)
    return field
  }

  #read(field: Field, r: Reader): void {
    const length = r.varint()
    if (length > r.remaining) throw new this.#kit.MalformedError('a batch ends before its content does')
    const end = r.position + length
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

  /** Whether what was sent at `at` is older than what the object has: a datagram, or the reliable stream, was overtaken. If not, it is what it has from now on. */
  isOld(body: ViewBody, { index, isLatest }: Field, at: number): boolean {
    if (!isLatest) return false
    let times = this.#sentAt.get(body)
    // It was sent before the connection came to this wire, and comes once more.
    if (at === 0) return times?.[index + 1] !== undefined
    if (!times) this.#sentAt.set(body, (times = [0]))
    this.#isTimed = true
    const last = times[index + 1] ?? times[0]!
    // A datagram's call may come once more; of reliable ones several may stand in a frame.
    if (at < last || (at === last && at % 2 === 1)) return true
    times[index + 1] = at
    return false
  }

  /** The newest call of a field, once more, in case its datagram was lost. @param age how many ticks ago that was. */
  #readAgain(age: number, field: Field, id: number, r: Reader): void {
    const body = this.#view.bodies.get(id)
    // It stands before the snapshots of a zone that was opened in the same flush.
    if (!body) return void this.#view.readArguments(field, r)
    const now = this.at
    this.at += 1 - 2 * age
    this.#deliveries.deliver(field, id, r, body)
    this.at = now
  }

  /** What a snapshot holds is what steps lead on from, at once: the fields themselves may have to wait. */
  learn(body: ViewBody, fields: Uint8Array): void {
    if (this.at > 0 && !this.#sentAt.has(body)) {
      this.#sentAt.set(body, [this.at])
      this.#isTimed = true
    }
    if (body.type.fields.some(({ key }) => this.#bases[key]))
      this.#view.eachField(body, fields, (field, _, at) => this.#bases[field.key]?.keep(body, fields, at))
  }

  release(body: ViewBody): void {
    this.#sentAt.delete(body)
    for (const { key } of body.type.fields) this.#bases[key]?.release(body)
  }
}
