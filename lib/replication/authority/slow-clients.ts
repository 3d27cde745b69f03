/**
 * Clients that cannot be told everything: what they are sent waits, or would take more than their budget. They are spared the held calls of their zones, and get
 * instead, as far as there is room, the newest values of the objects that matter most and were left out for longest. Rule 32 of docs/guarantees.md.
 */
import type { Field } from '../../schema/network-class.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import type { RemoteClient } from './client.ts'
import { appendCalls, LANDED, packets } from './flights.ts'
import { byField, type HeldCall } from './held-calls.ts'

/** What of an object a client has not been told: the indices of Latest fields, and since which flush. */
export interface Owed {
  readonly since: number
  readonly fields: Set<number>
}

/** What a client may be sent. One second's worth may be saved up. */
export class Budget {
  readonly #perSecond: number
  #saved: number
  #at: number

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond
    this.#saved = perSecond
    this.#at = now
  }

  /** Bytes that may be sent now; less than none where more had to be sent. */
  left(now: number): number {
    this.#saved = Math.min(this.#perSecond, this.#saved + ((now - this.#at) * this.#perSecond) / 1000)
    this.#at = now
    return this.#saved
  }

  isFull(now: number): boolean {
    return this.left(now) >= this.#perSecond
  }

  spend(bytes: number): void {
    this.#saved -= bytes
  }
}

/** Looks whether a client keeps up, with `size` bytes to come. False for one that is to be closed. */
export function judge(
  authority: Authority,
  client: RemoteClient,
  waiting: number,
  size: number,
  judged: RemoteClient[],
): boolean {
  const { waitingBytes, backlogBytes } = authority.limits
  if (waiting > waitingBytes * 2) return false
  if (client.slow) return true
  const { budget } = client
  if (waiting <= backlogBytes && waiting <= waitingBytes && !(budget && size > budget.left(authority.clock.now())))
    return true
  client.slow = true
  authority.slow.add(client)
  judged.push(client)
  return true
}

/**
 * True for a client that has read what waited, or saved up its budget again, and has been told all: it reads the zones' streams again, whose next calls are no
 * steps from what it never got.
 */
export function catchesUp(authority: Authority, client: RemoteClient): boolean {
  const { waitingBytes, backlogBytes } = authority.limits
  if (client.owed.size > 0 || !client.connected) return false
  if (client.session.channel.buffered > Math.min(waitingBytes, backlogBytes) / 2) return false
  if (client.budget && !client.budget.isFull(authority.clock.now())) return false
  client.slow = false
  authority.slow.delete(client)
  for (const zone of client.watched.keys()) zone.losses++
  const isNews = !client.isSparedQuietly
  client.isSparedQuietly = false
  return isNews
}

/** Remembers what the flush that is under way spares a client. Calls of Unreliable fields are gone. */
export function oweHeld(client: RemoteClient): void {
  for (const zone of client.watched.keys())
    for (const { body, field, spared } of zone.flushed)
      if (field.isLatest && spared !== client) owe(client, body, field)
}

/** A client lacks the newest call of a Latest field. */
export function owe(client: RemoteClient, body: Body, field: Field): void {
  const { owed, authority } = client
  let of = owed.get(body)
  if (!of) owed.set(body, (of = { since: authority.tick, fields: new Set() }))
  of.fields.add(field.index)
}

/** A client is told the newest call by itself: what it was owed of the field is older, and must not come after. */
export function forgiveDebt({ owed }: RemoteClient, body: Body, field: Field): void {
  const of = owed.size > 0 ? owed.get(body) : undefined
  if (of?.fields.delete(field.index) && of.fields.size === 0) owed.delete(body)
}

/** Sends a slow client the newest of what it is owed, as far as there is room beside `size` bytes that go to it anyway. */
export function payOwed(authority: Authority, client: RemoteClient, waiting: number, size: number): void {
  const { waitingBytes, backlogBytes, sendBytesPerSecond } = authority.limits
  const { owed, budget } = client
  if (owed.size === 0 || !client.connected || waiting > waitingBytes) return
  const left = budget ? budget.left(authority.clock.now()) : sendBytesPerSecond
  // What waits here is told later than it could be: the queue is kept short, though not empty.
  let room = Math.min(backlogBytes / 4 - waiting, left) - size
  const chosen: HeldCall[] = []
  for (const body of byUrgency(authority, client, room)) {
    if (room <= 0) break
    for (const index of owed.get(body)!.fields) {
      const call = body.newest?.[index]
      // What was sent last may be kept from it.
      if (!call || call.spared === client) continue
      chosen.push(call)
      room -= call.told.length + HEAD
    }
    owed.delete(body)
  }
  if (chosen.length === 0) return
  chosen.sort(byField)
  const { datagrams, outbox } = client
  // Of what is on its way still, the newest will be confirmed to it.
  const flying = datagrams ? chosen.filter(call => call.flownAt !== LANDED) : []
  const landed = flying.length === 0 ? chosen : chosen.filter(call => !flying.includes(call))
  if (landed.length > 0) appendCalls(outbox.personal(), landed)
  for (const packet of packets(authority.tick, flying, null, true)) client.fire(packet)
}

/** What a call takes besides its arguments, about, bytes. */
const HEAD = 3

/** The objects of which something is owed, most urgent first: their weight by the game's word, times the flushes that they have waited. */
function byUrgency(authority: Authority, client: RemoteClient, room: number): Iterable<Body> {
  const { owed } = client
  for (const body of owed.keys()) if (!client.sees(body)) owed.delete(body)
  // All of them, most likely.
  if (owed.size * 32 < room) return [...owed.keys()]
  const urgency = new Map<Body, number>()
  for (const [body, { since }] of owed)
    urgency.set(body, authority.weigh(client, body.object) * (authority.tick + 1 - since))
  return [...owed.keys()].sort((a, b) => urgency.get(b)! - urgency.get(a)!)
}
