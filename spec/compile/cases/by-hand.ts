/** Types by hand, compared with the method. */
import { Flags, field, int16, NetworkObject, networkClass, str, wire } from 'fieldcast'

@networkClass(10)
export class Player extends NetworkObject {
  @field(Flags.OwnerSend, int16, str(64), wire.optional(wire.date))
  right(x: number, text: string, at?: Date) {}

  @field(Flags.OwnerSend, wire.anything)
  anything(x: unknown) {}

  @field(Flags.OwnerSend, wire.returns(int16))
  async ask(): Promise<number> {
    return 1
  }

  // @ts-expect-error 1241 (argument: int16) => unknown / Types of parameters 'x' and 'argument' are incompatible. Type 'int16' is not assignable to type 'string'.
  // older: 1241 [method: (argument: int16) => unknown]
  @field(Flags.OwnerSend, int16)
  wrong(x: string) {}

  // @ts-expect-error 1241 (argument: int16) => unknown / Target signature provides too few arguments. Expected 2 or more, but got 1.
  // older: 1241 [method: (argument: int16) => unknown]
  @field(Flags.OwnerSend, { id: 3 }, int16)
  missing(x: number, y: number) {}

  // @ts-expect-error 1241 () => unknown / Target signature provides too few arguments. Expected 1 or more, but got 0.
  // older: 1241 [method: () => unknown]
  @field(Flags.OwnerSend, wire.none)
  notNone(x: number) {}
}
