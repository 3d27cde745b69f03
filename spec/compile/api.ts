/** Compile-only: what the compiler accepts and refuses of the public API. `npm run types` checks it; nothing here runs. */
import { Flags, field, int16, NetworkObject, networkClass, str, wire } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'

@networkClass(9001)
class Player extends NetworkObject {
  @field(Flags.OwnerSend, int16, str(64))
  right(x: number, text: string) {}

  // @ts-expect-error a string is no int16
  @field(Flags.OwnerSend, int16)
  wrong(x: string) {}

  // @ts-expect-error one parameter has no type
  @field(Flags.OwnerSend, int16)
  missing(x: number, y: number) {}

  @field(Flags.OwnerSend, int16, wire.optional(int16))
  optional(x: number, y?: number) {}

  @field(Flags.OwnerSend, wire.rest(int16))
  rest(...xs: number[]) {}

  @field(Flags.OwnerSend, { id: 3, default: [1] }, int16)
  pinned(x: number) {}

  @field(Flags.OwnerSend, wire.returns(str(4)))
  async ask() {
    return 'yes'
  }

  @field(Flags.OwnerSend, { rate: '10/s' }, str(20))
  often(text: string) {}

  @field(Flags.OwnerSend, { rate: { calls: 5, per: 'min', burst: 1 } }, str(20))
  seldom(text: string) {}

  // @ts-expect-error a rate is calls per s, min or h
  @field(Flags.OwnerSend, { rate: '10 per second' }, str(20))
  unclear(text: string) {}

  @field(Flags.ClientSend, wire.none)
  ping() {}

  // @ts-expect-error it has a parameter
  @field(Flags.ClientSend, wire.none)
  notNone(x: number) {}

  fromWithin() {
    this.send.right(1, 'a')
    // @ts-expect-error send is checked by the compiler, inside the class too
    this.send.right('a', 1)
    this.sendTo({ id: 1 }).right(1, 'a')
  }
}

@networkClass(9002)
class Chest extends NetworkObject {
  @field(Flags.ClientSend)
  open(): void {}
}

export async function typesOfClients(): Promise<void> {
  const one = await connect('ws://localhost', { classes: [Player] })
  one.avatar.send.right(1, 'a')
  const answer: string = await one.avatar.send.ask()
  void answer
  const several = await connect('ws://localhost', { classes: [Player, Chest], avatar: Player })
  several.avatar.send.right(1, 'a')
  // @ts-expect-error the avatar is a Player
  several.avatar.send.open()
  const chests: Chest[] = several.objects.of(Chest)
  void chests
  const plain: Client = one
  void plain
  const made: Chest = await one.create(Chest, draft => draft.send.open(), { zone: 1 })
  void made
}
