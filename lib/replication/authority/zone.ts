/** A zone: the objects in it, the clients that watch it, and what has happened in it since the last flush. */
import type { Frame } from '../../link/transport.ts'
import type { RemoteClient } from './client.ts'
import type { HeldCall } from './held-calls.ts'
import { Members } from './members.ts'
import { Stream } from './stream.ts'
import { ZoneDatagrams } from './zone-datagrams.ts'

export class Zone {
  readonly id: number
  readonly members: Members = new Members()
  readonly watchers: Set<RemoteClient> = new Set()
  /** How many clients will watch it that are away and asleep. */
  sleepers = 0
  readonly stream: Stream = new Stream()
  /** Waiting for the flush. */
  held: HeldCall[] = []
  /** Appended by the flush that is under way; empty between flushes. */
  flushed: HeldCall[] = []
  /** How often a client that had been spared held calls got the stream whole again, and how often one began to watch. */
  losses = 0
  arrivals = 0
  /** Where in the stream the held calls of this flush begin; -1 before. */
  heldFrom = -1
  /** How much of the stream the flush that is under way hands over; 0 between flushes. */
  owed = 0
  dirty = false
  /** The whole stream as a frame, shared by all who want nothing else in this flush. */
  frame: Frame | null = null
  /** For the watchers whose wires have datagrams; null where there are none. */
  datagrams: ZoneDatagrams | null = null

  constructor(id: number) {
    this.id = id
  }

  admit(client: RemoteClient): void {
    this.watchers.add(client)
    if (client.datagrams) (this.datagrams ??= new ZoneDatagrams()).watchers.set(client, client.authority.tick)
  }

  dismiss(client: RemoteClient): void {
    this.watchers.delete(client)
    const { datagrams } = this
    if (datagrams?.watchers.delete(client) && datagrams.watchers.size === 0) this.datagrams = null
  }

  /** Somebody reads the stream's held calls. */
  get hasReaders(): boolean {
    return this.watchers.size > (this.datagrams?.watchers.size ?? 0)
  }

  /** Somebody watches it, or will. */
  get isWatched(): boolean {
    return this.watchers.size + this.sleepers > 0
  }

  /** Nobody would miss it. */
  get idle(): boolean {
    return this.members.size === 0 && !this.isWatched && !this.dirty
  }
}
