/**
 * One client's opening of one zone in slices. It watches the zone from the start; what it has not been told of yet it steps over in the zone's stream,
 * for the snapshot that is still to come holds what was kept by then.
 */
import { putZoneDone } from '../../protocol/messages.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import { withWriter } from './call-arguments.ts'
import type { RemoteClient } from './client.ts'
import { forgetBase, settleSome } from './held-calls.ts'
import { type Asked, askGetters, writeEnter } from './snapshot.ts'
import type { Tour } from './tour.ts'
import type { Zone } from './zone.ts'

export class Opening {
  readonly client: RemoteClient
  readonly zone: Zone
  readonly #tour: Tour
  /** Still ahead, but told of already, for the client owned it. */
  #known: Set<Body> | null = null

  constructor(client: RemoteClient, zone: Zone) {
    this.client = client
    this.zone = zone
    this.#tour = zone.members.walk()
  }

  get isOver(): boolean {
    return this.#tour.isOver
  }

  /** Whether the client is yet to be told of an object of this zone. */
  awaits(body: Body): boolean {
    return this.#tour.awaits(body.place) && body.ownedBy !== this.client && !this.#known?.has(body)
  }

  /** The client owned the object until now, and so knows it. */
  lose(body: Body): void {
    if (this.#tour.awaits(body.place)) (this.#known ??= new Set()).add(body)
  }

  end(): void {
    this.zone.members.end(this.#tour)
  }

  /** Tells the client of the next objects, and gives how many places that went on. @param isOn false once the game has ended this opening. */
  advance(authority: Authority, places: number, isOn: () => boolean): number {
    const { client, zone } = this
    const tour = this.#tour
    tour.begin(places)
    const asked = this.#ask(authority)
    if (!isOn()) return 0
    const from = tour.next
    settleSome(authority, zone, ({ place }) => place >= from && place < tour.stop)
    withWriter(w => {
      const reading = { asOwner: false, viewer: client }
      for (let place = from; place < tour.stop; place++) {
        const body = zone.members.at(place)
        if (!body || !this.awaits(body)) continue
        forgetUnkept(body)
        writeEnter(authority, w, body, reading, asked?.get(body))
      }
      client.outbox.personal().append(w.bytes.subarray(0, w.position))
    })
    const visited = tour.stop - from
    tour.finish()
    if (tour.isOver) client.outbox.write(w => putZoneDone(w, zone.id, zone.members.size))
    return visited
  }

  /** Asks the getters of those whose turn it is. */
  #ask(authority: Authority): Map<Body, Asked> | null {
    const asking: Body[] = []
    const { next, stop } = this.#tour
    for (let place = next; place < stop; place++) {
      const body = this.zone.members.at(place)
      if (body && body.archetype.snapshot.getters.length > 0 && this.awaits(body)) asking.push(body)
    }
    return asking.length > 0 ? new Map(asking.map(body => [body, askGetters(authority, body)])) : null
  }
}

/** Who has just been told of an object lacks what its fields said last that are not kept: they go on whole. */
function forgetUnkept(body: Body): void {
  for (const call of body.newest ?? []) if (call && !call.field.isKept) forgetBase(body, call.field)
}
