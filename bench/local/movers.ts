/** Classes with one and the same move, told apart by their flags: what a stage of the call path costs is the difference between two of them. */
import { Flags, field, type int16, NetworkObject, networkClass, Reject, type uint32 } from 'fieldcast'

abstract class Moving extends NetworkObject {
  x = 0
  y = 0
  at = 0
}

@networkClass(10)
export class Mover extends Moving {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  moveTo(x: int16, y: int16, at: uint32) {
    this.x = x
    this.y = y
    this.at = at
  }
}

@networkClass(11)
export class LatestMover extends Moving {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM | Flags.Latest)
  moveTo(x: int16, y: int16, at: uint32) {
    this.x = x
    this.y = y
    this.at = at
  }
}

@networkClass(12)
export class UnkeptMover extends Moving {
  @field(Flags.OwnerSend | Flags.Broadcast)
  moveTo(x: int16, y: int16, at: uint32) {
    this.x = x
    this.y = y
    this.at = at
  }
}

@networkClass(13)
export class UnheardMover extends Moving {
  @field(Flags.OwnerSend)
  moveTo(x: int16, y: int16, at: uint32) {
    this.x = x
    this.y = y
    this.at = at
  }
}

@networkClass(14)
export class VetoedMover extends Moving {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  moveTo(_x: int16, _y: int16, _at: uint32) {
    throw new Reject('stuck')
  }
}

/** With a rate of its own that no benchmark uses up. */
@networkClass(15)
export class RatedMover extends Moving {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM, { rate: '1000000/s' })
  moveTo(x: int16, y: int16, at: uint32) {
    this.x = x
    this.y = y
    this.at = at
  }
}

export const movers = {
  plain: Mover,
  latest: LatestMover,
  unkept: UnkeptMover,
  unheard: UnheardMover,
  vetoed: VetoedMover,
  rated: RatedMover,
} as const

export type MoverKind = keyof typeof movers
