/** The game of transfer-server.ts, on both sides. */
import { Flags, field, NetworkObject, networkClass, type str } from 'fieldcast'

@networkClass(10)
export class Traveller extends NetworkObject {
  name = ''

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Database)
  setName(name: str<64>): void {
    this.name = name
  }
}

export const travellersAvatar = 'abcdef000000000000000001'
