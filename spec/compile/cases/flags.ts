/** Flags that contradict each other: in a list the compiler sees them, behind a bar it cannot. */
import { Flags, field, int16, NetworkObject, networkClass, wire } from 'fieldcast'

// TypeScript makes a plain number of what stands behind a bar.
const bar = Flags.OwnerOnly | Flags.Broadcast
export const isPlain: number extends typeof bar ? true : false = true
const mine = [Flags.OwnerSend, Flags.RAM] as const

@networkClass(10)
export class Player extends NetworkObject {
  @field([])
  nobody(x: int16) {}

  @field([Flags.OwnerSend, Flags.Broadcast, Flags.Database, Flags.RAM, Flags.Predict])
  fine(x: int16) {}

  @field([...mine, Flags.NoEcho], { id: 3 })
  spread(x: int16) {}

  @field([Flags.ClientSend, Flags.Database])
  async request(x: int16): Promise<number> {
    return x
  }

  @field(Flags.OwnerOnly | Flags.Broadcast)
  behindBar(x: int16) {}

  @field([Flags.OwnerOnly, bar])
  unknownItem(x: int16) {}

  @field([Math.random() > 0.5 ? Flags.OwnerOnly : Flags.RAM, Flags.Broadcast])
  oneOrTheOther(x: int16) {}

  @field(bar as number)
  unknownNumber(x: int16) {}

  @field([Flags.OwnerSend, Flags.Predict], wire.anything, wire.returns())
  any(x: unknown): any {}

  // @ts-expect-error 1241 "OwnerOnly narrows what Broadcast widens"
  @field([Flags.OwnerOnly, Flags.Broadcast])
  narrows(x: int16) {}

  // @ts-expect-error 1241 "ServerOnly never leaves the server, so neither Broadcast nor OwnerOnly apply"
  @field([Flags.ServerOnly, Flags.Database, Flags.Broadcast])
  neverLeaves(x: int16) {}

  // @ts-expect-error 1241 "ServerOnly never leaves the server, so neither Broadcast nor OwnerOnly apply"
  @field([Flags.OwnerOnly, Flags.ServerOnly])
  neverLeavesEither(x: int16) {}

  // @ts-expect-error 1241 "Predict needs OwnerSend or ClientSend"
  @field([Flags.Broadcast, Flags.Predict, Flags.NoEcho])
  predict(x: int16) {}

  // @ts-expect-error 1241 "NoEcho needs OwnerSend or ClientSend"
  @field([Flags.NoEcho, Flags.Broadcast], { id: 4 })
  noEcho(x: int16) {}

  // @ts-expect-error 1241 "Predict needs OwnerSend or ClientSend"
  @field(Flags.Predict)
  alone(x: int16) {}

  // @ts-expect-error 1241 "a request waits for the server's answer; Predict would not. Keep one of them."
  @field([Flags.OwnerSend, Flags.Predict])
  async ask(x: int16): Promise<void> {}

  // @ts-expect-error 1241 "OwnerSend stands twice"
  @field([Flags.OwnerSend, Flags.Broadcast, Flags.OwnerSend])
  twice(x: int16) {}

  // @ts-expect-error 1241 "3 is none of Flags"
  @field([3, Flags.Broadcast])
  three(x: int16) {}

  // @ts-expect-error 1241 "OwnerOnly narrows what Broadcast widens"
  @field([Flags.OwnerOnly, Flags.Broadcast], int16)
  byHand(x: number) {}

  // @ts-expect-error 1241 "OwnerOnly narrows what Broadcast widens"
  @field([Flags.OwnerOnly, Flags.Broadcast])
  beforeTypes(x: () => void) {}

  // @ts-expect-error 1241 [x: "a function cannot be sent. Send data, and let the handler decide what to run."]
  @field([Flags.ServerOnly, Flags.Database])
  unstorable(x: () => void) {}
}
