/**
 * Zones of many objects that are being opened. Each turn of the event loop tells of a slice of them, the clients in rotation, so that no turn takes
 * long, however many come at once.
 */
import type { Timer } from '../../base/clock.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import type { RemoteClient } from './client.ts'
import { headFor, resolveHanded } from './flush.ts'
import { Opening } from './opening.ts'
import type { Zone } from './zone.ts'

interface Pending {
  readonly zones: Map<Zone, Opening>
  /** What waits until all of them are whole. */
  readonly tasks: (() => void)[]
}

/** Where all clients have enough to read already, how soon they are looked at again, ms. */
const fullAgainMs = 50

const nobody: ReadonlySet<RemoteClient> = new Set()

export class Openings {
  readonly #authority: Authority
  /** Whose turn is next stands first. */
  readonly #clients = new Map<RemoteClient, Pending>()
  readonly #zones = new Map<Zone, Set<Opening>>()
  #timer: Timer | null = null

  constructor(authority: Authority) {
    this.#authority = authority
  }

  /** Opens a zone that the client watches from now on. */
  begin(client: RemoteClient, zone: Zone): void {
    const opening = new Opening(client, zone)
    let pending = this.#clients.get(client)
    if (!pending) this.#clients.set(client, (pending = { zones: new Map(), tasks: [] }))
    pending.zones.set(zone, opening)
    const openings = this.#zones.get(zone)
    if (openings) openings.add(opening)
    else this.#zones.set(zone, new Set([opening]))
    this.#schedule(0)
  }

  isWhole(client: RemoteClient): boolean {
    return !this.#clients.has(client)
  }

  /** Runs a task when all that the client opens has been written, at once where that is nothing. */
  whenWhole(client: RemoteClient, task: () => void): void {
    const pending = this.#clients.get(client)
    if (pending) pending.tasks.push(task)
    else task()
  }

  /** Whether a client that watches the object's zone is yet to be told of it. */
  awaits(client: RemoteClient, body: Body): boolean {
    const opening = body.inZone && this.#clients.get(client)?.zones.get(body.inZone)
    return opening ? opening.awaits(body) : false
  }

  /** All those clients. */
  awaiting(body: Body): ReadonlySet<RemoteClient> {
    const openings = body.inZone && this.#zones.get(body.inZone)
    if (!openings) return nobody
    return new Set([...openings].filter(opening => opening.awaits(body)).map(({ client }) => client))
  }

  /** The client owned the object until now. */
  lose(client: RemoteClient, body: Body): void {
    if (body.inZone) this.#clients.get(client)?.zones.get(body.inZone)?.lose(body)
  }

  isOpening(client: RemoteClient, zone: Zone): boolean {
    return this.#clients.get(client)?.zones.has(zone) ?? false
  }

  /** Ends an opening that is under way. To be followed by `settle`. */
  cancel(client: RemoteClient, zone: Zone): void {
    this.#end(this.#clients.get(client)!.zones.get(zone)!)
  }

  /** Runs what has waited for a client's last opening. */
  settle(client: RemoteClient): void {
    const pending = this.#clients.get(client)
    if (!pending || pending.zones.size > 0) return
    this.#clients.delete(client)
    for (const task of pending.tasks) task()
    if (this.#clients.size > 0) return
    this.#timer?.cancel()
    this.#timer = null
  }

  /** The client is gone. */
  drop(client: RemoteClient): void {
    for (const opening of this.#clients.get(client)?.zones.values() ?? []) this.#end(opening)
    this.settle(client)
  }

  #end(opening: Opening): void {
    opening.end()
    this.#clients.get(opening.client)!.zones.delete(opening.zone)
    const openings = this.#zones.get(opening.zone)!
    openings.delete(opening)
    if (openings.size === 0) this.#zones.delete(opening.zone)
  }

  #schedule(ms: number): void {
    this.#timer ??= this.#authority.clock.after(ms, () => {
      this.#timer = null
      this.#turn()
    })
  }

  #turn(): void {
    const { snapshotSlice, waitingBytes } = this.#authority.limits
    let left = snapshotSlice
    let isFull = true
    for (const [client, pending] of [...this.#clients]) {
      if (left <= 0) break
      // One that is away, or does not read, is told no more for now: it would only be closed as too slow.
      if (client.away || client.session.channel.buffered > waitingBytes || this.#clients.get(client) !== pending)
        continue
      isFull = false
      this.#clients.delete(client)
      this.#clients.set(client, pending)
      left -= this.#advance(client, pending, left)
    }
    if (this.#clients.size > 0) this.#schedule(isFull ? fullAgainMs : 0)
  }

  /** Goes on with a client's openings, and hands it what it is owed. Gives the places that went on. */
  #advance(client: RemoteClient, { zones }: Pending, places: number): number {
    let left = places
    for (const [zone, opening] of zones) {
      if (left <= 0) break
      left -= opening.advance(this.#authority, left, () => zones.get(zone) === opening)
      if (opening.isOver && zones.get(zone) === opening) this.#end(opening)
    }
    if (!client.isHere) return places - left
    this.settle(client)
    if (client.comesLast) this.#authority.flush()
    else {
      const frame = client.outbox.drainSoFar(headFor(this.#authority, client))
      if (frame) client.deliver(frame)
      resolveHanded(client)
    }
    return places - left
  }
}
