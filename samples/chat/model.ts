/** What the server, the terminal client and the page share: a person who has a name and says things, and a room that remembers them. */
import { Flags, field, type list, NetworkObject, networkClass, type str } from 'fieldcast'

@networkClass(10, { index: ['name'] })
export class Person extends NetworkObject {
  name = ''

  /** The server tells everyone; Required: also whoever comes later; Database: it is there again when the person is. */
  @field(Flags.Broadcast | Flags.Database | Flags.Required)
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

/** Something that was said. */
export interface Line {
  readonly name: str<20>
  readonly text: str<500>
}

/** The room, which remembers what was said last. */
@networkClass(11)
export class Room extends NetworkObject {
  lines: readonly Line[] = []

  /** What the server notes for itself, and keeps in its store. */
  @field(Flags.ServerOnly | Flags.Database)
  keep(lines: list<Line, 50>) {
    this.lines = lines
  }

  /** What whoever comes in is told. Nobody sends it: it is Required, and has a getter. */
  @field(Flags.Broadcast | Flags.Required)
  recall(lines: list<Line, 50>) {
    this.lines = lines
  }

  getRecall() {
    return this.lines
  }
}
