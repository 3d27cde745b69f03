/** Which fields of a class have a part in snapshots: worked out once per class, not per object. Rules 15 and 16 of docs/guarantees.md. */
import { Flags } from '../../schema/flags.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'

export class SnapshotPlan {
  /** All that a snapshot may hold, in field order. */
  readonly fields: readonly Field[]
  /** Those that the owner alone sees. */
  readonly ownersFields: readonly Field[]
  /** Those whose value a getter gives while nothing is kept: the only ones that run code of the game. */
  readonly getters: readonly Field[]
  /** True where every watcher's snapshot of such an object has the same bytes. */
  readonly isShared: boolean

  constructor(type: NetworkClass) {
    this.fields = type.fields.filter(
      field => (field.isKept || field.has(Flags.Required)) && !field.has(Flags.ServerOnly),
    )
    this.ownersFields = this.fields.filter(field => field.has(Flags.OwnerOnly))
    this.getters = this.fields.filter(field => field.getter && !field.declaration.options.default)
    this.isShared = !this.fields.some(field => field.codec.hasReferences)
  }
}
