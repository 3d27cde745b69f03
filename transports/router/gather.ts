/**
 * What a game server sends to the players of a link within one turn. The engine gives the same Frame to all who are told the same: its bytes travel once, with the
 * list of their receivers. What one player is sent keeps its order; players among each other have none.
 */
import { Writer } from '../../lib/base/bytes.ts'
import type { Frame } from '../../lib/link/transport.ts'
import type { Outbound } from './outbound.ts'
import * as Wire from './wire.ts'

/** Where the last message for a player stands among those that gather. */
export class Place {
  turn = 0
  index = -1
}

/** One message, for one player or more. Kept for further turns. */
class Item {
  op = 0
  frame: Frame | null = null
  ids: number[] = []
  count = 0
  isAscending = true
  code = 0
  text = ''
}

/** Items that are kept from a turn with more of them. */
const KEPT = 16_384

export class Gather {
  readonly #out: Outbound
  readonly #items: Item[] = []
  readonly #shared = new Map<Frame, number>()
  readonly #head = new Writer(64)
  readonly #runs = new Writer(64)
  #count = 0
  #turn = 1
  #hasDatagrams = false

  constructor(out: Outbound) {
    this.#out = out
  }

  /** @param op Wire.Frame or Wire.Datagram. */
  send(op: number, id: number, place: Place, frame: Frame): void {
    // With room before its bytes it is for one receiver alone.
    const index = frame.room > 0 ? undefined : this.#shared.get(frame)
    if (index !== undefined && (place.turn !== this.#turn || place.index < index)) {
      const item = this.#items[index]!
      if (item.op === op) {
        if (id < item.ids[item.count - 1]!) item.isAscending = false
        item.ids[item.count++] = id
        this.#put(place, index)
        return
      }
    }
    if (op === Wire.Datagram) this.#hasDatagrams = true
    this.#item(op, id, place).frame = frame
    if (frame.room === 0) this.#shared.set(frame, this.#count - 1)
  }

  close(id: number, place: Place, code: number, text: string): void {
    const item = this.#item(Wire.Close, id, place)
    item.code = code
    item.text = text
  }

  abort(id: number, place: Place): void {
    this.#item(Wire.Abort, id, place)
  }

  /** Writes all that has gathered. */
  write(): void {
    if (this.#hasDatagrams) {
      // They must not wait behind frames.
      this.#hasDatagrams = false
      for (let i = 0; i < this.#count; i++) if (this.#items[i]!.op === Wire.Datagram) this.#write(this.#items[i]!)
    }
    for (let i = 0; i < this.#count; i++) {
      const item = this.#items[i]!
      if (item.op !== Wire.Datagram) this.#write(item)
      item.frame = null
      item.text = ''
    }
    this.#count = 0
    this.#turn++
    this.#shared.clear()
    if (this.#items.length > KEPT) this.#items.length = KEPT
  }

  #item(op: number, id: number, place: Place): Item {
    const index = this.#count++
    const item = (this.#items[index] ??= new Item())
    item.op = op
    item.ids[0] = id
    item.count = 1
    item.isAscending = true
    this.#put(place, index)
    this.#out.due()
    return item
  }

  #put(place: Place, index: number): void {
    place.turn = this.#turn
    place.index = index
  }

  #write({ op, frame, ids, count, isAscending, code, text }: Item): void {
    const head = this.#head
    if (frame) {
      if (count > 1)
        return this.#writeShared(op, frame.bytes, isAscending ? ids : ids.slice(0, count).sort((a, b) => a - b), count)
      head.reset()
      head.varint(ids[0]!)
      return this.#payload(op, frame.bytes)
    }
    const w = this.#out.message(op, Wire.longestText + 32)
    w.varint(ids[0]!)
    if (op === Wire.Close) Wire.putEnding(w, { code, text })
  }

  #writeShared(op: number, bytes: Uint8Array, ids: readonly number[], count: number): void {
    for (let at = 0; at < count; ) {
      this.#runs.reset()
      at = Wire.putRuns(this.#runs, ids, at, count)
      this.#head.reset()
      this.#head.varint(this.#runs.position)
      this.#head.raw(this.#runs.bytes, 0, this.#runs.position)
      this.#payload(op === Wire.Frame ? Wire.Frames : Wire.Datagrams, bytes)
    }
  }

  #payload(op: number, bytes: Uint8Array): void {
    const isFrame = op === Wire.Frame || op === Wire.Frames
    this.#out[isFrame ? 'payload' : 'datagram'](op, this.#head.bytes, this.#head.position, bytes)
  }
}
