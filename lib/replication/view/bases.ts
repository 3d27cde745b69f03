/** The arguments that the zone's stream gave last, per object and field: what a step in a batch leads on from. Loaded where a class has Latest fields. */
import type { Reader } from '../../base/bytes.ts'
import type { Field } from '../../schema/network-class.ts'
import { applyDelta, type Layout, layoutOf } from '../../schema/rare/delta.ts'
import type { ViewBody } from './view-body.ts'

/** The slot that belongs to no object: steps for objects out of view are taken there. */
const NOBODY = 0

/** Those of one field, in one run of bytes. */
export class Bases {
  /** Of the field: where each object notes its slot. */
  readonly #index: number
  readonly #layout: Layout
  readonly #size: number
  readonly #reader: Reader
  #bytes: Uint8Array
  #next = 1
  readonly #free: number[] = []

  constructor(index: number, layout: Layout, reader: Reader) {
    this.#index = index
    this.#layout = layout
    this.#size = layout.reduce((sum, width) => sum + width)
    this.#reader = reader
    this.#bytes = new Uint8Array(this.#size * 64)
  }

  /** Keeps arguments that came whole. */
  keep(body: ViewBody, bytes: Uint8Array, from: number): void {
    const slot = ((body.slots ??= [])[this.#index] ??= this.#take())
    const size = this.#size
    const at = slot * size
    for (let i = 0; i < size; i++) this.#bytes[at + i] = bytes[from + i]!
  }

  /** Takes a step, and gives a reader of the arguments that it leads to; undefined for an object that is not in view. */
  step(body: ViewBody | undefined, r: Reader): Reader | undefined {
    const slot = body?.slots?.[this.#index]
    const at = (slot ?? NOBODY) * this.#size
    applyDelta(r, this.#layout, this.#bytes, at)
    if (slot === undefined) return undefined
    this.#reader.reset(this.#bytes, at, at + this.#size)
    return this.#reader
  }

  release(body: ViewBody): void {
    const slot = body.slots?.[this.#index]
    if (slot === undefined) return
    body.slots![this.#index] = undefined
    this.#free.push(slot)
  }

  #take(): number {
    const slot = this.#free.pop() ?? this.#next++
    if (slot * this.#size + this.#size > this.#bytes.length) {
      const old = this.#bytes
      this.#bytes = new Uint8Array(old.length * 2)
      this.#bytes.set(old)
    }
    return slot
  }
}

/** One for each field that may come in steps, by its key. @param reader makes a Reader. */
export function basesOf(fields: readonly Field[], reader: () => Reader): (Bases | undefined)[] {
  return fields.map(field => {
    const layout = field.isLatest && layoutOf(field.schema)
    return layout ? new Bases(field.index, layout, reader()) : undefined
  })
}
