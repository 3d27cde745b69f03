/** What server and clients share: the classes of the arena, and which of their methods go over the network. */
import {
  Flags,
  field,
  type list,
  NetworkObject,
  networkClass,
  type str,
  type uint8,
  type uint16,
  type uint32,
} from 'fieldcast'

/** A place in the world, in units from its upper left corner: 0 to 4,799. */
export type Coordinate = uint16

/** Somebody who walks about. Each client owns one. Its Database fields are there again when its player comes back. */
@networkClass(1)
export class Avatar extends NetworkObject {
  name = ''
  colour = 0
  x: number = 0
  y: number = 0
  score = 0

  /** Who this is. The server knows from the login, and tells whoever comes to see the avatar. */
  @field(Flags.Broadcast | Flags.Database | Flags.Required)
  setLook(name: str<16>, colour: uint8): void {
    this.name = name
    this.colour = colour
  }

  /** One's own avatar moves at once; of the others only the newest place per tick is needed, and newcomers get the last. */
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Database | Flags.Latest | Flags.Predict)
  moveTo(x: Coordinate, y: Coordinate): void {
    this.x = x
    this.y = y
  }

  /** Heard by everyone who sees the avatar, and kept by nobody. */
  @field(Flags.OwnerSend | Flags.Broadcast)
  say(_text: str<120>): void {}

  /** A request: the promise gives the new score once that is safe on disk, or rejects with the server's reason. */
  @field(Flags.OwnerSend, { durable: true })
  async collect(_gem: Gem | null): Promise<uint32> {
    return this.score
  }

  @field(Flags.Broadcast | Flags.Database)
  setScore(score: uint32): void {
    this.score = score
  }
}

export type GemKind = 'amber' | 'emerald' | 'ruby'

/** Points for each kind. */
export const WORTH: Readonly<Record<GemKind, number>> = { amber: 1, emerald: 3, ruby: 8 }

/** Something to collect. It never moves: whoever takes it makes it vanish, and the server puts another elsewhere. */
@networkClass(2)
export class Gem extends NetworkObject {
  x: number = 0
  y: number = 0
  kind: GemKind = 'amber'

  @field(Flags.Broadcast | Flags.Database)
  lie(x: Coordinate, y: Coordinate, kind: GemKind): void {
    this.x = x
    this.y = y
    this.kind = kind
  }
}

export interface Leader {
  /** The stored id of the avatar. */
  readonly id: str<24>
  readonly name: str<16>
  readonly colour: uint8
  readonly score: uint32
}

/** The one thing that everybody sees, wherever they are: it stands in a zone that all watch. */
@networkClass(3)
export class Board extends NetworkObject {
  players = 0
  leaders: readonly Leader[] = []

  /** How many play: of this moment, so memory is enough. */
  @field(Flags.Broadcast | Flags.RAM | Flags.Latest)
  count(players: uint16): void {
    this.players = players
  }

  /** The best of all times, which stay when they leave. */
  @field(Flags.Broadcast | Flags.Database | Flags.Latest)
  honour(leaders: list<Leader, 5>): void {
    this.leaders = leaders
  }
}
