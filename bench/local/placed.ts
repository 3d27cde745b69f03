/** Server-made objects that change their place. */
import {
  Flags,
  field,
  type float32,
  type int16,
  NetworkObject,
  networkClass,
  type quantized,
  type uint32,
} from 'fieldcast'

abstract class Placed extends NetworkObject {
  x = 0
  y = 0
  at = 0
}

@networkClass(20)
export class FloatPlaced extends Placed {
  @field(Flags.Broadcast | Flags.RAM)
  moveTo(x: float32, y: float32) {
    this.x = x
    this.y = y
  }
}

@networkClass(21)
export class LatestFloat extends Placed {
  @field(Flags.Broadcast | Flags.RAM | Flags.Latest)
  moveTo(x: float32, y: float32) {
    this.x = x
    this.y = y
  }
}

@networkClass(22)
export class LatestInt extends Placed {
  @field(Flags.Broadcast | Flags.RAM | Flags.Latest)
  moveTo(x: int16, y: int16) {
    this.x = x
    this.y = y
  }
}

@networkClass(23)
export class LatestQuantized extends Placed {
  @field(Flags.Broadcast | Flags.RAM | Flags.Latest)
  moveTo(x: quantized<0, 1000, 16>, y: quantized<0, 1000, 16>) {
    this.x = x
    this.y = y
  }
}

@networkClass(24)
export class LatestTimed extends Placed {
  @field(Flags.Broadcast | Flags.RAM | Flags.Latest)
  moveTo(x: int16, y: int16, at: uint32) {
    this.x = x
    this.y = y
    this.at = at
  }
}
