/** What the server holds for an object that somebody uses. Made when it is first needed: of a million objects most stand still and have none. */
import type { Field } from '../../schema/network-class.ts'
import type { Caller } from '../../schema/network-object.ts'
import type { Queued } from './call-path.ts'
import type { RemoteClient } from './client.ts'
import type { HeldCall } from './held-calls.ts'
import type { Stored } from './persistence.ts'

export class Activity {
  owner: RemoteClient | null = null
  stored: Stored | null = null
  /** Where it is to start, if it was told to enter a zone while it was still being created. */
  start: number | null | undefined = undefined
  /** The arguments of the last call of each kept field, in bytes, by the field's index. */
  kept: (Uint8Array | undefined)[] | null = null
  /** The newest call of each Latest field, by the field's index. */
  newest: (HeldCall | undefined)[] | null = null
  /** Calls of this object that its zone holds back. */
  held = 0
  /** The field whose handler is on the stack now. */
  running: Field | null = null
  /** An async handler has not settled yet: later calls wait. */
  busy = false
  /** The calls that waited are being handled. */
  draining = false
  queue: Queued[] | null = null
  caller: Caller | null = null
  /** What `object.send` gives. */
  send: object | null = null

  /** Nothing of the object is being handled, and nothing waits. */
  get isFree(): boolean {
    return !this.running && !this.busy && !this.draining && !this.queue?.length
  }
}
