/** What the server knows of one object besides what the game put into it. */
import { UsageError } from '../../base/errors.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import type { Attachment, Caller, ClientRef, NetworkObject, Powers } from '../../schema/network-object.ts'
import type { Authority } from './authority.ts'
import type { QueuedCall } from './call-path.ts'
import type { Client, RemoteClient } from './client.ts'
import type { HeldCall, Zone } from './zone.ts'

export class Body implements Attachment, Powers {
  readonly authority: Authority
  readonly object: NetworkObject
  readonly type: NetworkClass
  readonly id: number
  readonly storedId: string | null
  /** Somebody may have been told of it; it stays so when it is deleted. */
  announced = false
  deleted = false
  inZone: Zone | null = null
  /** Where it is to start, if it was told to enter a zone while it was still being created. */
  start: number | null | undefined = undefined
  ownedBy: RemoteClient | null = null
  /** The arguments of the last call of each kept field, in bytes, by the field's index. */
  readonly kept: (Uint8Array | undefined)[] = []
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
  queue: QueuedCall[] | null = null
  caller: Caller | null = null
  readonly powers: Powers = this
  #send: object | null = null

  constructor(authority: Authority, object: NetworkObject, type: NetworkClass, id: number, storedId: string | null) {
    this.authority = authority
    this.object = object
    this.type = type
    this.id = id
    this.storedId = storedId
  }

  get zone(): number | null {
    return this.inZone ? this.inZone.id : null
  }

  get owner(): Client | null {
    return this.ownedBy
  }

  get send(): object {
    return (this.#send ??= this.sender(null, null))
  }

  sender(onlyTo: ClientRef | null, notTo: ClientRef | null): object {
    const { authority } = this
    const only = authority.remote(onlyTo)
    const except = authority.remote(notTo)
    return authority.senders.make(this.type, (field, args) => authority.send(this, field, args, only, except))
  }

  enterZone(zone: number | null): Promise<void> {
    return this.authority.enterZone(this, zone)
  }

  transferOwner(client: ClientRef | null): void {
    this.authority.transferOwner(this, this.authority.remote(client))
  }

  delete(): void {
    this.authority.delete(this)
  }

  saved(): Promise<void> {
    return this.authority.persistence.saved(this)
  }

  clear(name: string): void {
    const field = this.type.fields.find(field => field.name === name)
    if (!field) throw new UsageError(`${this.type.name} has no field ${name} to clear.`)
    this.kept[field.index] = undefined
  }
}
