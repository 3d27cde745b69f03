/** A server by hand and what a real one says to a client, for specs and fuzzing of the client. */
import { expect } from 'chai'
import { Flags, field, type int16, NetworkObject, networkClass, Registry, type str, type uint16 } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import type { MessagePlan } from 'fieldcast/messages'
import { VirtualClock, World } from 'fieldcast/testing'
import { settled } from '../../lib/harness/virtual-clock.ts'
import type { Channel } from '../../lib/link/transport.ts'
import { type MemoryWire, memory } from '../../transports/memory.ts'
import { sendOn } from './siege.ts'
import { Sum, siegeMessages, Thing, Word } from './siege-messages.ts'

const registry = new Registry()

@networkClass(10, { registry, clientCreate: true })
export class Puppet extends NetworkObject {
  @field(Flags.Broadcast | Flags.RAM | Flags.OwnerSend | Flags.Predict)
  move(x: int16, y: int16): void {}

  @field(Flags.Broadcast | Flags.ClientSend | Flags.RAM)
  say(text: str<50>, tags: str<10>[]): void {}

  @field(Flags.Broadcast | Flags.Latest | Flags.RAM)
  turn(angle: uint16): void {}

  @field(Flags.Broadcast | Flags.RAM)
  follow(whom: Puppet | null): void {}

  @field(Flags.ClientSend)
  ask(n: uint16): Promise<{ n: uint16; names: str<9>[] }> {
    return Promise.resolve({ n, names: ['x'] })
  }
}

const quietly = (): MessagePlan =>
  siegeMessages()
    .on(Word, () => {})
    .on(Thing, () => {})
    .on(Sum, ({ a, b }) => (a + b) | 0)

export type Answer = { readonly welcome: Uint8Array[]; readonly later: Uint8Array[] }

/** What a real server sends to a real client, before the first zone is whole and after it. */
export async function honestTrace(datagrams = false): Promise<Answer> {
  const world = await World.start({
    server: { classes: [Puppet], avatar: Puppet, canWatch: () => true, messages: quietly() },
    client: { classes: [Puppet], messages: quietly() },
    trace: true,
    datagrams,
  })
  const a = await world.join()
  const toA = (): Uint8Array[] =>
    world.trace.filter(({ client, to }) => client === 1 && to === 'client').map(({ bytes }) => bytes)
  const welcome = toA()
  const b = await world.join()
  for (let i = 0; i < 4; i++) {
    a.avatar.send.move(i, -i)
    b.avatar.send.say('hello', ['x', 'yy'])
    for (const puppet of world.server.objects) (puppet as Puppet).send.turn(i * 100)
    world.server.messages.send(Word, { text: 'hello', times: i })
    world.server.messages.send(Thing, { value: { i, list: ['x', 1.5] } })
    await world.settle()
  }
  await world.until(world.server.clients.get(a.id)!.messages.ask(Sum, { a: 1, b: 2 }))
  await world.until(a.messages.ask(Sum, { a: 1, b: 2 }))
  const puppet = world.server.create(Puppet, null, { zone: 5 })
  puppet.send.follow(puppet)
  await world.until(a.zones.add(5))
  void puppet.enterZone(0)
  await world.settle()
  puppet.transferOwner(world.server.clients.get(a.id)!)
  await world.settle()
  await world.until(a.avatar.send.ask(3))
  await world.until(a.create(Puppet, draft => draft.send.move(1, 2)))
  await world.until(a.zones.delete(5))
  await world.until(a.ping())
  puppet.delete()
  await world.cut(b)
  await world.settle()
  await world.stop()
  const later = toA().slice(welcome.length)
  expect(later.length).to.be.greaterThan(10)
  return { welcome, later }
}

/** A server by hand, to which clients connect one after another. */
export class Fake {
  readonly clock = new VirtualClock()
  readonly wire: MemoryWire
  readonly reasons = new Map<string, number>()
  readonly faults: unknown[] = []
  #channel!: Channel

  constructor(datagrams = false) {
    this.wire = memory({ clock: this.clock, datagrams })
  }

  async listen(): Promise<void> {
    await this.wire.listen(
      channel => {
        this.#channel = channel
        return { frame: () => {}, end: () => {} }
      },
      { maxFrame: 1 << 20 },
    )
  }

  /** A connected client, and the server's end of it. */
  async connect(welcome: readonly Uint8Array[], resume = true): Promise<{ client: Client<Puppet>; channel: Channel }> {
    const connecting = connect('memory:', {
      classes: [Puppet],
      messages: quietly(),
      transport: this.wire,
      clock: this.clock,
      // Inflating takes time that is not virtual: deflated.spec.ts has its noise.
      compression: false,
      resume,
      on: {
        close: ({ reason }) => this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1),
        error: ({ error }) => this.faults.push(error),
      },
    })
    await settled()
    const channel = this.#channel
    for (const frame of welcome) sendOn(channel, frame)
    return { client: await connecting, channel }
  }
}
