/** What stands in the zones of a storm: things that keep what was told last. */
import { Flags, field, NetworkObject, networkClass, type uint32 } from 'fieldcast'

@networkClass(2)
export class Beacon extends NetworkObject {
  x = 0
  count = 0

  @field(Flags.Broadcast | Flags.RAM)
  place(x: uint32): void {
    this.x = x
  }

  /** How many storms there have been. */
  @field(Flags.Broadcast | Flags.RAM)
  storm(count: uint32): void {
    this.count = count
  }
}
