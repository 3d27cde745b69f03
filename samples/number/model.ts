/** What server and client share: a number that clients make, and all may add to. */
import { Flags, field, type int32, NetworkObject, networkClass } from 'fieldcast'

@networkClass(10, { clientCreate: true })
export class SharedNumber extends NetworkObject {
  value = 0

  /** From the one who makes the number, to the server. */
  @field(Flags.OwnerSend)
  setInitValue(value: int32) {}

  /** From anyone who sees the number, to the server. A request: whoever awaits it learns whether it was done. */
  @field(Flags.ClientSend)
  async addValue(value: int32): Promise<void> {}

  /** From the server to everyone, and to whoever comes later. */
  @field(Flags.Broadcast | Flags.RAM)
  setCurrentValue(value: int32) {
    this.value = value
  }
}
