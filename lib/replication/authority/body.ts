/** What the server knows of one object besides what the game put into it: six words for one that stands still, and the rest when it is used. */
import { UsageError } from '../../base/errors.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import type { Attachment, Caller, ClientRef, NetworkObject, Powers } from '../../schema/network-object.ts'
import { Activity } from './activity.ts'
import type { Archetype } from './archetype.ts'
import type { Authority } from './authority.ts'
import { needsCall } from './class-checks.ts'
import type { Client, RemoteClient } from './client.ts'
import { type HeldCall, settleHeld } from './held-calls.ts'
import { isStored } from './persistence.ts'
import type { Zone } from './zone.ts'

/** The places of an object that is in no zone: announced; not announced yet; deleted; deleted before it was announced. */
export const NOWHERE = -1
const UNBORN = -2
const DELETED = -3
const ABANDONED = -4

const nothing: readonly undefined[] = []

export class Body implements Attachment, Powers {
  readonly object: NetworkObject
  readonly archetype: Archetype
  readonly id: number
  inZone: Zone | null = null
  /** Where it stands among the members of its zone, or why it does not. Theirs to change. */
  place: number = UNBORN
  /** Null until it is needed: read what may be absent through the properties below. */
  activity: Activity | null = null

  constructor(archetype: Archetype, object: NetworkObject, id: number) {
    this.archetype = archetype
    this.object = object
    this.id = id
  }

  get authority(): Authority {
    return this.archetype.authority
  }

  get type(): NetworkClass {
    return this.archetype.type
  }

  /** Somebody may have been told of it; it stays so when it is deleted. */
  get announced(): boolean {
    return this.place !== UNBORN && this.place !== ABANDONED
  }

  get deleted(): boolean {
    return this.place <= DELETED
  }

  /** Announced and not deleted. */
  get present(): boolean {
    return this.place >= NOWHERE
  }

  /** Announced from here on. */
  appear(): void {
    this.place = NOWHERE
  }

  /** Deleted from here on; its zone's members have let it go before. */
  vanish(): void {
    this.place = this.announced ? DELETED : ABANDONED
  }

  /** The record of its use. */
  use(): Activity {
    return (this.activity ??= new Activity())
  }

  get storedId(): string | null {
    return this.activity?.stored ? this.activity.stored.id : null
  }

  get zone(): number | null {
    return this.inZone ? this.inZone.id : null
  }

  get ownedBy(): RemoteClient | null {
    return this.activity ? this.activity.owner : null
  }

  set ownedBy(client: RemoteClient | null) {
    if (client || this.activity) this.use().owner = client
  }

  get owner(): Client | null {
    return this.ownedBy
  }

  get caller(): Caller | null {
    return this.activity ? this.activity.caller : null
  }

  /** The arguments of the last call of each kept field, in bytes, by the field's index. */
  get kept(): readonly (Uint8Array | undefined)[] {
    return this.activity?.kept ?? nothing
  }

  keep(field: Field, bytes: Uint8Array, from: number, to: number): void {
    const activity = this.use()
    // Of the right length at once: one that grows with the first value has room for 17.
    const kept = (activity.kept ??= new Array<Uint8Array | undefined>(this.type.fields.length).fill(undefined))
    kept[field.index] = this.archetype.keptStore.overwrite(kept[field.index], bytes, from, to)
  }

  get newest(): (HeldCall | undefined)[] | null {
    return this.activity ? this.activity.newest : null
  }

  set newest(newest: (HeldCall | undefined)[] | null) {
    this.use().newest = newest
  }

  /** Calls of this object that its zone holds back. */
  get held(): number {
    return this.activity ? this.activity.held : 0
  }

  set held(held: number) {
    this.use().held = held
  }

  get powers(): Powers {
    return this
  }

  get send(): object {
    return (this.use().send ??= this.sender(null, null))
  }

  sender(onlyTo: ClientRef | null, notTo: ClientRef | null): object {
    const { authority, Sender } = this.archetype
    return new Sender(this, authority.remote(onlyTo), authority.remote(notTo))
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
    // Its successor may be in the game.
    if (this.deleted) throw new UsageError(`${field.path} was cleared on object ${this.id}, which has been deleted.`)
    if (needsCall(field))
      throw new UsageError(
        `${field.path} is Required, and nothing but its last call gives its value: it cannot be cleared. Give it a default or a getter.`,
      )
    // What was called before is not cleared, and newcomers have nothing to step on from.
    settleHeld(this.authority, this)
    const kept = this.activity?.kept
    if (!kept?.[field.index]) return
    kept[field.index] = undefined
    if (isStored(field)) this.authority.persistence.changed(this, field)
  }
}
