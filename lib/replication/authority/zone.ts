/** A zone: the objects in it, the clients that watch it, and what has happened in it since the last flush. */
import type { Frame } from '../../link/transport.ts'
import type { Field } from '../../schema/network-class.ts'
import type { Body } from './body.ts'
import type { RemoteClient } from './client.ts'
import { Stream } from './stream.ts'

/** A Latest or Unreliable call that waits for the flush. A Latest one is kept by its object and used again, so that a moving object allocates nothing. */
export interface HeldCall {
  readonly body: Body
  readonly field: Field
  args: Uint8Array
  except: RemoteClient | null
  /** It waits for the flush of its zone. */
  waiting: boolean
}

export class Zone {
  readonly id: number
  readonly members: Set<Body> = new Set()
  readonly watchers: Set<RemoteClient> = new Set()
  readonly stream: Stream = new Stream()
  /** Waiting for the flush, in the order of each one's first call. */
  held: HeldCall[] = []
  /** Appended by the flush that is under way. */
  flushed: readonly HeldCall[] = []
  /** Where in the stream the held calls of this flush begin; -1 before. */
  heldFrom = -1
  dirty = false
  /** The whole stream as a frame, shared by all who want nothing else in this flush. */
  frame: Frame | null = null

  constructor(id: number) {
    this.id = id
  }

  /** Nobody would miss it. */
  get idle(): boolean {
    return this.members.size === 0 && this.watchers.size === 0 && !this.dirty
  }
}
