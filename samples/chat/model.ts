/** What the server, the terminal client and the page share: a person who has a name and says things. */
import { Flags, field, NetworkObject, networkClass, type str } from 'fieldcast'

@networkClass(10)
export class Person extends NetworkObject {
  name = ''

  /** The server tells everyone; Required: also whoever comes later. */
  @field(Flags.Broadcast | Flags.RAM | Flags.Required)
  setName(name: str<20>) {
    this.name = name
  }

  /** What a Required field says as long as nobody has sent it. */
  getName() {
    return this.name || `guest ${this.id}`
  }

  /** A request: the answer, the new name, goes to the one who asks and to nobody else. */
  @field(Flags.OwnerSend)
  async rename(name: str<20>): Promise<str<20>> {
    return name
  }

  /** To everyone in the room but the speaker, who knows already. */
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.NoEcho)
  say(text: str<500>) {}
}
