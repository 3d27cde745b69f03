/**
 * What the watchers of a zone whose wires have datagrams get in place of its held calls: the calls as datagrams, and what may have been lost of
 * them once more. docs/protocol.md, "Datagrams".
 */
import type { Frame } from '../../link/transport.ts'
import type { RemoteClient } from './client.ts'
import { Stream } from './stream.ts'

export class ZoneDatagrams {
  /** With the flush from which on each is told. */
  readonly watchers: Map<RemoteClient, number> = new Map()
  /** For these watchers alone, ahead of the zone's stream: the newest calls of Latest fields that have been quiet for a while. */
  readonly confirmed: Stream = new Stream()
  /** What the flush that is under way sends, shared by all who are spared nothing. */
  packets: readonly Frame[] = []
  /** The packets of those who are not to have some of the calls. */
  readonly apart: Map<RemoteClient, readonly Frame[]> = new Map()
  /** What goes the reliable way in this flush, shared by all who want nothing else. */
  frame: Frame | null = null

  packetsFor(client: RemoteClient): readonly Frame[] {
    return this.apart.get(client) ?? this.packets
  }

  /** After a flush. */
  reset(): void {
    this.confirmed.reset()
    this.packets = []
    this.apart.clear()
    this.frame = null
  }
}
