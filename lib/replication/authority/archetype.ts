/** What all objects of one class on one server have in common: each points to this once, where it would else point to every part. */
import type { NetworkClass } from '../../schema/network-class.ts'
import type { Authority } from './authority.ts'
import { KeptStore } from './kept-store.ts'
import { plainKindsOf } from './plain-arguments.ts'
import { type ServerSender, serverSender } from './server-senders.ts'
import { SnapshotPlan } from './snapshot-plan.ts'

export class Archetype {
  readonly authority: Authority
  readonly type: NetworkClass
  /** By the field's index. */
  readonly plainKinds: readonly (readonly number[] | null)[]
  readonly snapshot: SnapshotPlan
  /** Makes what `object.send` gives. */
  readonly Sender: ServerSender
  readonly keptStore: KeptStore = new KeptStore()

  constructor(authority: Authority, type: NetworkClass) {
    this.authority = authority
    this.type = type
    this.plainKinds = type.fields.map(plainKindsOf)
    this.Sender = serverSender(type)
    this.snapshot = new SnapshotPlan(type)
  }
}
