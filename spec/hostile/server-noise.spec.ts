/** Random and mutated frames from a server: a client closes with malformed, and nothing comes out of its connection. Seeded. */
import { expect } from 'chai'
import { Flags, field, type int16, NetworkObject, networkClass, Registry, type str, type uint16 } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { VirtualClock, World } from 'fieldcast/testing'
import { memory } from 'fieldcast/transports/memory'
import { type Random, seededRandom } from '../../lib/base/random.ts'
import { settled } from '../../lib/harness/virtual-clock.ts'
import type { Channel } from '../../lib/link/transport.ts'
import { mutated, randomFrame } from '../support/noise.ts'
import { sendOn } from '../support/siege.ts'

const registry = new Registry()

@networkClass(10, { registry, clientCreate: true })
class Puppet extends NetworkObject {
  @field(Flags.Broadcast | Flags.RAM | Flags.OwnerSend | Flags.Predict)
  move(x: int16, y: int16): void {}

  @field(Flags.Broadcast | Flags.ClientSend | Flags.RAM)
  say(text: str<50>, tags: str<10>[]): void {}

  @field(Flags.Broadcast | Flags.RAM)
  follow(whom: Puppet | null): void {}

  @field(Flags.ClientSend)
  ask(n: uint16): Promise<{ n: uint16; names: str<9>[] }> {
    return Promise.resolve({ n, names: ['x'] })
  }
}

type Answer = { readonly welcome: Uint8Array[]; readonly later: Uint8Array[] }

/** What a real server sends to a real client, before the first zone is whole and after it. */
async function honestTrace(): Promise<Answer> {
  const world = await World.start({
    server: { classes: [Puppet], avatar: Puppet, canWatch: () => true },
    client: { classes: [Puppet] },
    trace: true,
  })
  const a = await world.join()
  const toA = (): Uint8Array[] =>
    world.trace.filter(({ client, to }) => client === 1 && to === 'client').map(({ bytes }) => bytes)
  const welcome = toA()
  const b = await world.join()
  for (let i = 0; i < 4; i++) {
    a.avatar.send.move(i, -i)
    b.avatar.send.say('hello', ['x', 'yy'])
    await world.settle()
  }
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
class Fake {
  readonly clock = new VirtualClock()
  readonly wire = memory({ clock: this.clock })
  readonly reasons = new Map<string, number>()
  readonly faults: unknown[] = []
  #channel!: Channel

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
  async connect(welcome: readonly Uint8Array[]): Promise<{ client: Client<Puppet>; channel: Channel }> {
    const connecting = connect('memory:', {
      classes: [Puppet],
      transport: this.wire,
      clock: this.clock,
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

async function bombard(answer: Answer, random: Random, frames: number, next: () => Uint8Array): Promise<Fake> {
  const fake = new Fake()
  const note = (fault: unknown): void => void fake.faults.push(fault)
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  try {
    await fake.listen()
    let client: Client<Puppet> | null = null
    let channel: Channel | null = null
    for (let sent = 0; sent < frames; ) {
      if (!client?.connected) ({ client, channel } = await fake.connect(answer.welcome))
      // What a game does goes on meanwhile: its promises must be answered too.
      const asked = client.avatar.send.ask(1).catch(() => {})
      const wished = client.zones.add(9).catch(() => {})
      for (let i = 0; i < 4 && sent < frames; i++, sent++) {
        sendOn(channel!, next())
        if (random.number() < 0.3) sendOn(channel!, answer.later[sent % answer.later.length]!)
      }
      await settled()
      if (!client.connected) await Promise.all([asked, wished])
    }
    channel!.abort()
    await settled()
    // Requests of the last client, which it closed in the end.
    await fake.clock.advance(60_000)
    expect(client!.connected).to.equal(false)
    expect(fake.faults).to.deep.equal([])
    expect(fake.clock.pending).to.equal(0)
    return fake
  } finally {
    process.off('unhandledRejection', note)
    process.off('uncaughtException', note)
  }
}

describe('10,000 frames from a server', () => {
  let answer: Answer
  before(async () => {
    answer = await honestTrace()
  })

  it('of random bytes: the client closes with malformed', async () => {
    const random = seededRandom(11)
    const { reasons } = await bombard(answer, random, 10_000, () => randomFrame(random))
    expect(reasons.get('malformed')).to.be.greaterThan(1000)
  })

  it('that good ones were mutated into: the client closes with malformed, or takes them for what they have become', async () => {
    const random = seededRandom(12)
    const { reasons } = await bombard(answer, random, 10_000, () => mutated(answer.later, random))
    expect(reasons.get('malformed')).to.be.greaterThan(1000)
  })

  it('cut at every byte: the client closes with malformed, unless whole messages are left', async () => {
    const fake = new Fake()
    await fake.listen()
    let cuts = 0
    for (const frame of answer.later) {
      for (let cut = 1; cut < frame.length; cut++, cuts++) {
        const { client, channel } = await fake.connect(answer.welcome)
        sendOn(channel, frame.subarray(0, cut))
        await settled()
        channel.abort()
        await settled()
        expect(client.connected).to.equal(false)
      }
    }
    expect(fake.faults).to.deep.equal([])
    expect(fake.reasons.get('malformed')).to.be.greaterThan(cuts / 2)
    expect([...fake.reasons.keys()].sort()).to.deep.equal(['lost', 'malformed'])
  })

  it('instead of a welcome: connect rejects, and the connection is closed', async () => {
    const random = seededRandom(13)
    const fake = new Fake()
    await fake.listen()
    for (let i = 0; i < 500; i++) {
      const connecting = fake.connect([
        i % 2 ? mutated(answer.welcome, random) : randomFrame(random),
        randomFrame(random),
      ])
      const outcome = connecting.then(
        ({ client }) => client.close(),
        (error: Error) => error,
      )
      await settled()
      await fake.clock.advance(60_000)
      await outcome
    }
    expect(fake.faults).to.deep.equal([])
    expect(fake.clock.pending).to.equal(0)
  })
})
