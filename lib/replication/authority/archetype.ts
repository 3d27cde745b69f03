/** What all objects of one class on one server have in common: each points to this once, where it would else point to every part. */
import type { NetworkClass } from '../../schema/network-class.ts'
import { type Layout, layoutOf } from '../../schema/rare/delta.ts'
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
  /** By the field's index: in which steps its calls may leave; null where they leave whole. */
  readonly layouts: readonly (Layout | null)[]
  readonly snapshot: SnapshotPlan
  /** Makes what `object.send` gives. */
  readonly Sender: ServerSender
  readonly keptStore: KeptStore = new KeptStore()

  constructor(authority: Authority, type: NetworkClass) {
    this.authority = authority
    this.type = type
    this.plainKinds = type.fields.map(plainKindsOf)
    this.layouts = type.fields.map(field => (field.isLatest ? layoutOf(field.schema) : null))
    this.Sender = serverSender(type)
    this.snapshot = new SnapshotPlan(type)
  }
}
