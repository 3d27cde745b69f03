/** What players are in fieldcast: one field, whose newest call counts. */
import { Flags, field, type int16, NetworkObject, networkClass, type uint32 } from 'fieldcast'

@networkClass(1)
export class Mover extends NetworkObject {
  x = 0
  y = 0
  at = 0

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM | Flags.Latest)
  moveTo(x: int16, y: int16, at: uint32): void {
    this.x = x
    this.y = y
    this.at = at
  }
}
