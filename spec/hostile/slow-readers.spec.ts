/** Clients that do not read what they are sent. Rule 32 of docs/guarantees.md. */
import { expect } from 'chai'
import { type bytes, Flags, field, NetworkObject, networkClass, Registry, type uint32 } from 'fieldcast'
import { World } from 'fieldcast/testing'
import { websocket, websocketDialer } from 'fieldcast/transports/websocket'
import WebSocket from 'ws'
import { putLogin, putSelect } from '../../lib/protocol/messages.ts'
import { protocolVersion } from '../../lib/protocol/version.ts'
import { written } from '../support/intruder.ts'
import { record } from '../support/outcome.ts'
import { sightOf } from '../support/witness.ts'
import { onServer } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Screen extends NetworkObject {
  readonly shown: number[] = []
  readonly positions: number[] = []
  readonly sparks: number[] = []

  @field(Flags.Broadcast)
  show(n: uint32, picture: bytes<100000>): void {
    this.shown.push(n)
  }

  @field(Flags.Broadcast | Flags.Latest | Flags.RAM)
  place(n: uint32, square: uint32): void {
    if (square !== n * n) throw new Error(`${n} with ${square}: a step from what was never here`)
    this.positions.push(n)
  }

  @field(Flags.Broadcast | Flags.Unreliable)
  spark(n: uint32): void {
    this.sparks.push(n)
  }
}

const classes = [Screen]
const picture = new Uint8Array(60_000)

describe('a WebSocket client that stops reading', () => {
  it('is told of as slow, then closed as too-slow; others get everything, without delay', async () => {
    const world = await World.start({
      server: { classes, limits: { waitingBytes: 300_000, backlogBytes: 300_000 } },
      client: { classes },
      wire: { listener: websocket({ port: 0, host: '127.0.0.1' }), dialer: () => websocketDialer() },
    })
    const honest = await world.join()
    const socket = new WebSocket(world.url)
    try {
      const connected = new Promise<number>(resolve => world.server.on('connect', ({ client }) => resolve(client.id)))
      socket.on('open', () => {
        socket.send(
          written(w => {
            putSelect(w, { protocol: protocolVersion, connectionType: 'game', hash: world.server.schemaHash })
            putLogin(w, 'null')
          }),
        )
      })
      const lazy = await world.until(connected)
      socket.pause()
      const screen = world.server.create(Screen, null, { zone: 0 })
      await world.settle()
      const [slow, closed] = [record(world.server, 'slow'), record(world.server, 'close')]
      let n = 0
      // The system's own buffers take megabytes before anything waits here.
      while (closed.length === 0 && n < 1000) {
        screen.send.show(++n, picture)
        world.server.tick()
        const seen = sightOf(honest, screen)
        while (seen.shown.length < n) await world.until(honest.ping())
        expect(seen.shown.at(-1)).to.equal(n)
      }
      expect(slow.map(event => [event.client.id, event.slow])).to.deep.equal([[lazy, true]])
      expect(slow[0]!.waiting).to.be.greaterThan(300_000)
      expect(closed.map(({ client, reason }) => [client!.id, reason])).to.deep.equal([[lazy, 'too-slow']])
      expect(sightOf(honest, screen).shown).to.deep.equal(Array.from({ length: n }, (_, i) => i + 1))
      expect([...world.server.clients.keys()]).to.deep.equal([honest.id])
    } finally {
      socket.terminate()
      await world.stop()
    }
  })
})

describe('a client that is slow for a while', () => {
  it('is spared Latest and Unreliable calls, gets all others, and has the newest values when it has caught up', async () => {
    const world = await World.start({
      server: { classes, limits: { waitingBytes: 100_000 } },
      client: { classes },
      latency: 500,
    })
    const [a, b] = [await world.join(), await world.join()]
    const screen = world.server.create(Screen, null, { zone: 0 })
    await world.settle()
    const slow = record(world.server, 'slow')
    const failed = record(a, 'error')
    const last = 100
    // It is slow from the first pictures on until they have arrived, 500 ms later.
    for (let n = 1; n <= last; n++) {
      if (n <= 3) screen.send.show(n, picture)
      screen.send.place(n, n * n)
      screen.send.spark(n)
      // Whoever comes or goes has what was held put into the stream, past the thinning.
      if (n >= 8 && n <= 10) void onServer(world, b).zones.set(n % 2 === 0 ? [] : [0])
      world.server.tick()
      await world.run(10)
    }
    await world.settle()
    const seen = sightOf(a, screen)
    expect(slow.filter(({ client }) => client.id === a.id).map(event => event.slow)).to.deep.equal([true, false])
    expect(seen.shown).to.deep.equal([1, 2, 3])
    expect(failed).to.deep.equal([])
    expect(seen.positions.at(-1)).to.equal(last)
    expect(seen.positions.length).to.be.lessThan(last * 0.8)
    for (let n = last + 1; n <= last + 3; n++) {
      screen.send.place(n, n * n)
      await world.settle()
    }
    expect(seen.positions.slice(-4)).to.deep.equal([last, last + 1, last + 2, last + 3])
    expect([...seen.positions].sort((x, y) => x - y)).to.deep.equal(seen.positions)
    expect(seen.sparks.length).to.be.lessThan(last * 0.8)
    expect([...seen.sparks].sort((x, y) => x - y)).to.deep.equal(seen.sparks)
    await world.stop()
  })
})
