/** Those who come back with what is not theirs, or lie about what they have. Rules 10 and 26 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, type str, type uint16 } from 'fieldcast'
import { World } from 'fieldcast/testing'
import { Reader } from '../../lib/base/bytes.ts'
import { closeName } from '../../lib/protocol/close.ts'
import * as messages from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { protocolVersion } from '../../lib/protocol/version.ts'
import type { RemoteClient } from '../../lib/replication/authority/client.ts'
import { Schema } from '../../lib/schema/schema.ts'
import { stranger } from '../support/intruder.ts'
import { record } from '../support/outcome.ts'
import { RawClient } from '../support/raw-client.ts'
import { onEveryWire, type Start } from '../support/stage.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends NetworkObject {
  readonly heard: number[] = []

  @field(Flags.OwnerSend | Flags.Broadcast)
  count(n: uint16): void {
    this.heard.push(n)
  }

  @field(Flags.Broadcast | Flags.RAM)
  write(_text: str<5000>): void {}
}

const options = { server: { classes: [Player], avatar: Player }, client: { classes: [Player] } }
const countKey = new Schema([Player]).fields.find(({ name }) => name === 'count')!.key

/** A client that would come back, by hand. */
class Ghost {
  readonly world: World<Player>
  readonly raw: RawClient
  token: string
  readonly id: number
  readonly avatar: number
  readonly #from: number

  private constructor(
    world: World<Player>,
    raw: RawClient,
    welcome: messages.Welcome | { id: number; avatar: number },
    token: string,
  ) {
    this.world = world
    this.raw = raw
    this.token = token
    this.id = 'clientId' in welcome ? welcome.clientId : welcome.id
    this.avatar = welcome.avatar
    this.#from = raw.frames.findIndex(([op]) => op === Op.Welcome || op === Op.Resumed) + 1
  }

  static async join(world: World<Player>): Promise<Ghost> {
    const raw = await stranger(world)
    select(world, raw)
    raw.login(null)
    const frame = await awaited(world, raw, Op.Welcome)
    const welcome = messages.getWelcome(frame!)
    return new Ghost(world, raw, welcome, welcome.token)
  }

  /** Tries to go on with a session; null where it was refused. */
  static async back(
    old: Ghost,
    token: string = old.token,
    heard?: number,
  ): Promise<{ ghost: Ghost; resumed: messages.Resumed } | RawClient> {
    const raw = await stranger(old.world)
    select(old.world, raw)
    raw.write(w => messages.putResume(w, { token, heard: heard ?? old.heard }))
    const frame = await awaited(old.world, raw, Op.Resumed)
    if (!frame) return raw
    const resumed = messages.getResumed(frame)
    return { ghost: new Ghost(old.world, raw, old, resumed.token), resumed }
  }

  get heard(): number {
    return this.raw.frames.slice(this.#from).filter(frame => frame[0]! > Op.Welcome && frame[0] !== Op.Resumed).length
  }

  count(n: number): void {
    this.raw.call(countKey, this.avatar, [n & 0xff, n >> 8])
  }

  get onServer(): RemoteClient {
    return this.world.server.clients.get(this.id) as unknown as RemoteClient
  }

  async lose(): Promise<void> {
    const { server } = this.world
    const lost = new Promise<void>(resolve => {
      const off = server.on('lost', () => {
        off()
        resolve()
      })
    })
    this.raw.abort()
    await this.world.until(lost)
  }
}

function select(world: World<Player>, raw: RawClient): void {
  raw.write(w =>
    messages.putSelect(w, {
      protocol: protocolVersion,
      connectionType: 'game',
      hash: world.server.schemaHash,
      resumes: true,
    }),
  )
}

async function awaited(world: World<Player>, raw: RawClient, op: number): Promise<Reader | null> {
  const found = (): Uint8Array | undefined => raw.frames.find(frame => frame[0] === op)
  while (!found() && !raw.ended) await world.until(raw.next())
  const frame = found()
  return frame ? new Reader(frame.subarray(1)) : null
}

async function refusal(returned: unknown, world: World<Player>): Promise<string> {
  expect(returned).to.be.instanceOf(RawClient)
  await world.until((returned as RawClient).gone)
  return closeName((returned as RawClient).closed!.code)
}

async function came(returned: Promise<unknown>): Promise<{ ghost: Ghost; resumed: messages.Resumed }> {
  const back = await returned
  expect(back).not.to.be.instanceOf(RawClient)
  return back as { ghost: Ghost; resumed: messages.Resumed }
}

const begin = async (start: Start, server = {}): Promise<World<Player>> =>
  start<Player>({ ...options, server: { ...options.server, ...server } })

onEveryWire('tokens', start => {
  it('are long, random, and of one use: the one before is good for nothing once its successor is confirmed', async () => {
    const world = await begin(start)
    const a = await Ghost.join(world)
    const b = await Ghost.join(world)
    expect(a.token).to.match(/^[0-9a-f]{36}$/)
    expect(a.token).not.to.equal(b.token)
    await a.lose()
    const { ghost } = await came(Ghost.back(a))
    ghost.raw.write(w => messages.putAck(w, 0))
    await world.settle()
    expect(await refusal(await Ghost.back(a), world)).to.equal('session-over')
    expect(ghost.raw.ended).to.equal(null)
    expect(ghost.onServer.connected).to.equal(true)
    ghost.count(1)
    await world.settle()
    expect((world.server.objects.get(a.avatar) as Player).heard).to.deep.equal([1])
  })

  it('before are good until the client has confirmed that it has the next: a break in between loses nobody', async () => {
    const world = await begin(start)
    const a = await Ghost.join(world)
    await a.lose()
    const first = await came(Ghost.back(a))
    await first.ghost.lose()
    // It never saw the answer.
    const second = await came(Ghost.back(a))
    await second.ghost.lose()
    // It saw that one, but the server does not know.
    const third = await came(Ghost.back(a, second.ghost.token))
    expect(third.ghost.onServer.connected).to.equal(true)
    expect(await refusal(await Ghost.back(a, first.ghost.token), world)).to.equal('session-over')
    expect(third.ghost.raw.ended).to.equal(null)
  })

  for (const [what, token] of [
    ['made up', 'f'.repeat(36)],
    ['empty', ''],
    ['of a client that has gone', null],
  ] as const)
    it(`that are ${what} are refused with session-over, without a trace`, async () => {
      const world = await begin(start)
      const a = await Ghost.join(world)
      const gone = await Ghost.join(world)
      gone.raw.write(w => messages.putClose(w, 1, ''))
      await world.until(gone.raw.gone)
      await a.lose()
      const events = (['violation', 'lost', 'resumed', 'connect'] as const).map(event => record(world.server, event))
      expect(await refusal(await Ghost.back(a, token ?? gone.token), world)).to.equal('session-over')
      expect(events).to.deep.equal([[], [], [], []])
      expect([...world.server.clients.keys()]).to.deep.equal([a.id])
      await came(Ghost.back(a))
    })

  it('that are too long, or no text, end with malformed', async () => {
    const world = await begin(start)
    const a = await Ghost.join(world)
    expect(await refusal(await Ghost.back(a, 'x'.repeat(65)), world)).to.equal('malformed')
    expect(a.onServer.connected).to.equal(true)
  })

  it('of a client whose old wire still stands, bring it over to the new one', async () => {
    const world = await begin(start)
    const a = await Ghost.join(world)
    const [lost, resumed] = [record(world.server, 'lost'), record(world.server, 'resumed')]
    const { ghost } = await came(Ghost.back(a))
    await world.until(a.raw.gone)
    expect([lost.length, resumed.length]).to.deep.equal([1, 1])
    expect(ghost.onServer.connected).to.equal(true)
  })

  it('are in no event, and in nothing that is printed', async () => {
    const world = await begin(start)
    const told: unknown[] = []
    for (const event of ['connect', 'close', 'lost', 'resumed', 'violation', 'error', 'warning'] as const)
      world.server.on(event, value => told.push(value))
    const a = await Ghost.join(world)
    await a.lose()
    const { ghost } = await came(Ghost.back(a))
    await refusal(await Ghost.back(a, `${ghost.token.slice(0, -1)}g`), world)
    await ghost.lose()
    const { inspect } = await import('node:util')
    const printed = inspect(told, { depth: 6 })
    expect(printed).to.include('Client {')
    for (const token of [a.token, ghost.token]) expect(printed).not.to.include(token)
  })
})

onEveryWire('a return', start => {
  it('behind frames that were never sent ends with malformed, and leaves the session as it was', async () => {
    const world = await begin(start)
    const a = await Ghost.join(world)
    await world.settle()
    await a.lose()
    const violations = record(world.server, 'violation')
    expect(await refusal(await Ghost.back(a, a.token, 1000), world)).to.equal('malformed')
    expect(violations.map(({ reason }) => reason)).to.deep.equal(['malformed'])
    expect((await came(Ghost.back(a))).resumed.fresh).to.equal(false)
  })

  it('that asks for what it had acknowledged gets everything anew, and nothing that others may not see', async () => {
    const world = await begin(start)
    const a = await Ghost.join(world)
    while (a.heard === 0) await world.until(a.raw.next())
    a.raw.write(w => messages.putAck(w, a.heard))
    a.raw.write(w => messages.putPing(w, 0, 0, a.heard))
    await awaited(world, a.raw, Op.Pong)
    await a.lose()
    expect((await came(Ghost.back(a, a.token, 0))).resumed.fresh).to.equal(true)
  })

  it('before the select, after a login, or twice, costs the connection alone', async () => {
    const world = await begin(start)
    const a = await Ghost.join(world)
    const resume = (raw: RawClient): void => raw.write(w => messages.putResume(w, { token: a.token, heard: 0 }))
    const early = await stranger(world)
    resume(early)
    await world.until(early.gone)
    expect(closeName(early.closed!.code)).to.equal('no-login')
    const b = await Ghost.join(world)
    resume(b.raw)
    await world.until(b.raw.gone)
    expect(closeName(b.raw.closed!.code)).to.equal('second-hello')
    expect(a.onServer.connected).to.equal(true)
  })

  it('and an acknowledgement of what was never sent, end with malformed', async () => {
    const world = await begin(start)
    for (const put of [
      (w: Parameters<typeof messages.putAck>[0]) => messages.putAck(w, 1000),
      (w: Parameters<typeof messages.putAck>[0]) => messages.putPong(w, 0, 0, 1000),
      (w: Parameters<typeof messages.putAck>[0]) => messages.putPing(w, 0, 0, 2 ** 50),
    ]) {
      const a = await Ghost.join(world)
      a.raw.write(put)
      await world.until(a.raw.gone)
      expect(closeName(a.raw.closed!.code)).to.equal('malformed')
    }
    expect(world.server.clients.size).to.equal(0)
  })

  it('counts what was refused too: it does not come again', async () => {
    const world = await begin(start, { violations: 'ignore', limits: { bytesPerSecond: 200, standing: false } })
    const a = await Ghost.join(world)
    for (let i = 0; i < 100; i++) a.count(i)
    a.raw.write(w => messages.putPing(w, 0, 0, 0))
    const { heard } = world.server.objects.get(a.avatar) as Player
    while (heard.length === 0) await world.until(Promise.resolve())
    await world.settle()
    await a.lose()
    expect(heard.length).to.be.below(100)
    // All that came, and the ping besides is no such frame.
    expect((await came(Ghost.back(a))).resumed.heard).to.be.within(heard.length + 1, 100)
  })

  it('saves up no new burst: who breaks and comes back again and again may say no more than others', async () => {
    const world = await begin(start, { limits: { callsPerSecond: 20 } })
    let a = await Ghost.join(world)
    const violations = record(world.server, 'violation')
    const { heard } = world.server.objects.get(a.avatar) as Player
    const before = world.clock.now()
    let said = 0
    while (violations.length === 0 && said < 400) {
      for (let i = 0; i < 15; i++) a.count(said++)
      await world.settle()
      if (violations.length > 0) break
      await a.lose()
      a = (await came(Ghost.back(a))).ghost
    }
    const seconds = (world.clock.now() - before) / 1000
    expect(violations[0]!.reason).to.equal('rate')
    expect(heard.length).to.be.at.most(40 + 20 * (2 * seconds + 1))
  })
})

describe('A server with many that are lost', () => {
  it('keeps no more of each than it says, and does nothing for those who have missed too much', async () => {
    const resumeBytes = 20_000
    const world = await World.start<Player>({
      ...options,
      server: { ...options.server, limits: { resumeBytes } },
      latency: 1,
    })
    const honest = await world.join()
    const ghosts: Ghost[] = []
    for (let i = 0; i < 50; i++) ghosts.push(await Ghost.join(world))
    await world.settle()
    for (const ghost of ghosts) await ghost.lose()
    const avatar = world.server.objects.get(honest.avatar.id) as Player
    for (let i = 0; i < 40; i++) {
      avatar.send.write('x'.repeat(i < 20 ? 1000 : 10))
      world.server.tick()
      await world.run(10)
      for (const { onServer } of ghosts) expect(onServer.session.log!.cost).to.be.at.most(resumeBytes)
    }
    for (const { onServer } of ghosts) {
      expect([onServer.asleep, onServer.outbox.isPlain, onServer.dirty]).to.deep.equal([true, true, false])
      expect([...onServer.zones]).to.deep.equal([0])
    }
    await world.run(20_000)
    expect([...world.server.clients.keys()]).to.deep.equal([honest.id])
    await world.stop()
  })
})
