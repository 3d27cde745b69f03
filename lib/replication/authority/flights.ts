/**
 * Held calls that leave as datagrams, which may be lost. Of a Latest field the newest call has to arrive all the same: when the field has been quiet for a
 * while, it is confirmed, once and the reliable way; a client that has it does nothing then. docs/protocol.md, "Datagrams".
 */
import { Writer } from '../../base/bytes.ts'
import { putBytes } from '../../base/put-bytes.ts'
import { Frame } from '../../link/transport.ts'
import { datagramBytes, quietMs } from '../../protocol/limits.ts'
import * as Op from '../../protocol/opcodes.ts'
import type { Authority } from './authority.ts'
import { withWriter } from './call-arguments.ts'
import type { RemoteClient } from './client.ts'
import type { HeldCall } from './held-calls.ts'
import type { Stream } from './stream.ts'
import type { Zone } from './zone.ts'

/** Of a call that is on no flight. */
export const LANDED: number = Number.NEGATIVE_INFINITY

/** The most that stands before a call's arguments in a datagram: the tick, the batch's head, the object. */
const HEAD = 32

/** The calls that may have been lost, in the order in which they were sent first. */
export class Flights {
  readonly #authority: Authority
  #queue: HeldCall[] = []
  #head = 0

  constructor(authority: Authority) {
    this.#authority = authority
  }

  get isEmpty(): boolean {
    return this.#head === this.#queue.length
  }

  /** A call has left as a datagram. */
  add(call: HeldCall): void {
    call.flownAt = this.#authority.clock.now()
    call.flownIn = this.#authority.tick
    call.spared = call.except
    if (!call.isQueued) this.#push(call)
  }

  /** Confirms what has been quiet for long enough; at each flush. */
  confirm(): void {
    const ripe = this.#authority.clock.now() - quietMs
    // Those that are put back come behind the end.
    for (const end = this.#queue.length; this.#head < end; this.#head++) {
      const call = this.#queue[this.#head]!
      if (call.queuedAt > ripe) break
      call.isQueued = false
      if (call.flownAt === LANDED) continue
      if (call.waiting || call.flownAt > ripe) this.#push(call)
      else land(this.#authority, call)
    }
    if (this.#head < 1024 && !this.isEmpty) return
    this.#queue = this.#queue.slice(this.#head)
    this.#head = 0
  }

  #push(call: HeldCall): void {
    call.isQueued = true
    call.queuedAt = Math.max(call.flownAt, this.#authority.clock.now() - quietMs)
    this.#queue.push(call)
  }
}

/** Sends the calls of a zone's flush to those of its watchers who have datagrams. They are sorted. */
export function launch(authority: Authority, zone: Zone, calls: readonly HeldCall[]): void {
  const datagrams = zone.datagrams!
  const { watchers, apart } = datagrams
  const spared = new Set<RemoteClient>()
  for (const call of calls) if (call.except && watchers.has(call.except)) spared.add(call.except)
  datagrams.packets = packets(authority.tick, calls, null)
  for (const client of spared) apart.set(client, packets(authority.tick, calls, client))
  for (const call of calls) {
    if (fits(call.args)) {
      if (call.field.isLatest) authority.flights.add(call)
      continue
    }
    call.flownIn = authority.tick
    sendReliably(authority, zone, call, call.args, call.except)
  }
}

/** A flight ends: what it carried is sent once more, the reliable way, to those who may have missed it. */
export function land(authority: Authority, call: HeldCall): void {
  const { zone, body } = call
  call.flownAt = LANDED
  if (!zone?.datagrams || body.inZone !== zone || body.deleted) return
  sendReliably(authority, zone, call, call.told, call.spared)
}

function sendReliably(
  authority: Authority,
  zone: Zone,
  call: HeldCall,
  args: Uint8Array,
  except: RemoteClient | null,
): void {
  const { field, body } = call
  const put = (w: Writer): void => {
    // A client compares the tick with that of what it has.
    if (field.isLatest) {
      w.u8(Op.Newest)
      w.varint(authority.tick - call.flownIn)
    } else w.u8(Op.Deliver)
    w.varint(field.key)
    w.varint(body.id)
    putBytes(w, args, 0, args.length)
  }
  const { watchers, confirmed } = zone.datagrams!
  if (except && watchers.has(except)) {
    const bytes = withWriter(w => {
      put(w)
      return w.slice()
    })
    for (const client of watchers.keys()) {
      if (client === except) continue
      client.outbox.personal().append(bytes)
      authority.touchClient(client)
    }
  } else {
    confirmed.cut()
    put(confirmed.writer)
    authority.touchZone(zone)
  }
}

const fits = (args: Uint8Array): boolean => args.length <= datagramBytes - HEAD

// Writing packets runs no code of the game, so one of each will do.
const packet = new Writer(datagramBytes)
const batch = new Writer(datagramBytes)

/**
 * Sorted calls as datagrams, each readable without the others. @param without leaves out what this client is not to have.
 * @param again the arguments that were sent last, instead of those that are about to be.
 */
export function packets(
  tick: number,
  calls: readonly HeldCall[],
  without: RemoteClient | null,
  again: boolean = false,
): Frame[] {
  const frames: Frame[] = []
  beginPacket(tick)
  for (let i = 0; i < calls.length; ) {
    const { field, key } = calls[i]!
    let last = 0
    batch.reset()
    for (; i < calls.length && calls[i]!.field === field; i++) {
      const call = calls[i]!
      const args = again ? call.told : call.args
      if ((without && call.except === without) || !fits(args)) continue
      if (packet.position + batch.position + args.length + HEAD > datagramBytes) {
        putBatch(packet, key, batch)
        frames.push(new Frame(packet.slice()))
        beginPacket(tick)
        last = 0
      }
      putCall(call.id - last, args)
      last = call.id
    }
    putBatch(packet, key, batch)
  }
  if (packet.position > start) frames.push(new Frame(packet.slice()))
  return frames
}

let start = 0

function beginPacket(tick: number): void {
  packet.reset()
  putTick(packet, tick)
  start = packet.position
}

/** Appends what was sent last of some sorted calls to a stream, once more. */
export function appendCalls(stream: Stream, calls: readonly HeldCall[]): void {
  stream.cut()
  batch.reset()
  for (let i = 0, last = 0; i < calls.length; i++) {
    const { id, key, told } = calls[i]!
    putCall(id - last, told)
    last = id
    if (calls[i + 1]?.key === key) continue
    putBatch(stream.writer, key, batch)
    last = 0
  }
}

/**
 * A slow client that was spared the newest call of a field gets it now, for the next one is not for all: before what waits or flies of the field is settled,
 * which tells it too.
 */
export function payAhead(client: RemoteClient, call: HeldCall): void {
  const isOwed = client.owed.get(call.body)?.fields.delete(call.field.index)
  if (!isOwed || call.spared === client || call.waiting || (client.datagrams && call.flownAt !== LANDED)) return
  appendCalls(client.outbox.personal(), [call])
  client.authority.touchClient(client)
}

function putCall(step: number, args: Uint8Array): void {
  // Even: the arguments follow whole.
  batch.varint(step * 2)
  putBytes(batch, args, 0, args.length)
}

/** Writes a Batch of the calls of one field; nothing where there are none. Their writer is empty afterwards. */
export function putBatch(w: Writer, key: number, calls: Writer): void {
  if (calls.position === 0) return
  w.u8(Op.Batch)
  w.varint(key)
  w.varint(calls.position)
  w.raw(calls.bytes, 0, calls.position)
  calls.reset()
}

/** What stands first in a datagram, and in each frame to a client that has datagrams. */
export function putTick(w: Writer, tick: number): void {
  w.u8(Op.Tick)
  w.varint(tick)
}
