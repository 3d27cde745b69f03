/** A client that comes back over a wire with datagrams, having been lost on one without: what it missed may be overtaken. Rules 3 and 26 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type uint32 } from 'fieldcast'
import { World, type WorldOptions } from 'fieldcast/testing'
import type { Clock } from '../../lib/base/clock.ts'
import type { Channel, ChannelReceiver, Dialer, Listener } from '../../lib/link/transport.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { memory } from '../../transports/memory.ts'
import { record } from '../support/outcome.ts'
import { sightOf, Witness } from '../support/witness.ts'
import { onServer, watch } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Mover extends Witness {
  @field(Flags.Broadcast | Flags.Latest)
  place(n: uint32): void {
    this.note('place', n)
  }
}

/** New connections have datagrams while `hasDatagrams`; frames to clients wait while `isSlow`, those of the handshake left out. */
function fickleWire(clock: Clock) {
  const wire = memory({ clock, datagrams: true })
  const air = { hasDatagrams: true, isSlow: false, waiting: [] as (() => void)[] }
  const plain = (channel: Channel): Channel => ({
    address: channel.address,
    network: channel.network,
    get buffered() {
      return channel.buffered
    },
    send: frame => channel.send(frame),
    close: (code, text) => channel.close(code, text),
    abort: () => channel.abort(),
  })
  const chosen = (channel: Channel): Channel => (air.hasDatagrams ? channel : plain(channel))
  const slow = (receiver: ChannelReceiver): ChannelReceiver => ({
    frame: bytes => {
      const own = bytes.slice()
      if (!air.isSlow || own[0]! < Op.Deliver || own[0] === Op.Resumed) receiver.frame(own)
      else air.waiting.push(() => receiver.frame(own))
    },
    datagram: bytes => receiver.datagram?.(bytes),
    end: (code, text) => receiver.end(code, text),
  })
  const both: Listener & Dialer = {
    listen: (accept, limits) => wire.listen(channel => accept(chosen(channel)), limits),
    close: () => wire.close(),
    dial: (url, accept, limits) => wire.dial(url, channel => slow(accept(chosen(channel))), limits),
  }
  return { both, air }
}

const options: WorldOptions<Mover> = {
  server: { classes: [Mover], avatar: Mover, follow: false, zone: 0 },
  client: { classes: [Mover] },
}

describe('Frames without a tick that datagrams have overtaken', () => {
  it('replace nothing newer', async () => {
    let air!: ReturnType<typeof fickleWire>['air']
    const world = await World.start<Mover>({
      ...options,
      wire: clock => {
        const made = fickleWire(clock)
        air = made.air
        return made.both
      },
    })
    const [b, c] = [await world.join(), await world.join()]
    air.hasDatagrams = false
    const a = await world.join()
    const ship = world.server.create(Mover, null, { zone: 0 })
    await world.settle()
    ship.send.place(1)
    await world.settle()
    await world.lose(a)
    ship.send.place(2)
    // Puts what waits into the zone's stream, ahead of the tick.
    await watch(world, c)
    ship.send.place(3)
    world.server.tick()
    air.hasDatagrams = true
    air.isSlow = true
    const resumed = record(a, 'resumed')
    await world.restore(a)
    expect(resumed).to.have.length(1)
    world.server.tick()
    await world.run(10)
    air.isSlow = false
    for (const arrive of air.waiting.splice(0)) arrive()
    for (let i = 0; i < 4; i++) {
      await world.run(300)
      await world.settle()
    }
    expect(onServer(world, a).connected).to.equal(true)
    const places = ({ heard }: Mover): unknown[] => heard.map(([, n]) => n)
    expect(places(sightOf(b, ship)).at(-1)).to.equal(3)
    expect(places(sightOf(a, ship)).at(-1)).to.equal(3)
    await world.stop()
  })
})
