/** What server and client share: one class, two calls. */
import { Flags, field, type int32, NetworkObject, networkClass, type str } from 'fieldcast'

@networkClass(10)
export class Player extends NetworkObject {
  /** From a player's own client to the server. */
  @field(Flags.OwnerSend)
  test(num: int32) {}

  /** From the server to everyone who sees the player. */
  @field(Flags.Broadcast)
  greet(text: str<100>) {}
}
