import { type float32, struct } from 'fieldcast'

export abstract class Base {
  label = ''
}

/** It arrives as an instance. */
@struct()
export class Vec extends Base {
  constructor(
    public x: float32 = 0,
    public y: float32 = 0,
  ) {
    super()
  }
  static zero = 0
  parent?: Vec
  get length(): number {
    return Math.hypot(this.x, this.y)
  }
}
