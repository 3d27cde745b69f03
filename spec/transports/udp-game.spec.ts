/** A game over UDP through a bad network: every reliable call comes, the newest of each Latest field stands in the end, and who moves plays on. */
import { expect } from 'chai'
import { Flags, field, type int16, networkClass, Registry } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { createServer, type Server } from 'fieldcast/server'
import { udp } from 'fieldcast/transports/udp'
import { DATA, DATAGRAM, PROOF } from '../../transports/udp/packets.ts'
import { sightOf, Witness } from '../support/witness.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { eventually, turns } from './recorder.ts'
import { UdpProxy } from './udp-proxy.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  x = 0

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest | Flags.RAM)
  place(x: int16): void {
    this.x = x
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  fire(n: int16): void {
    this.note('fire', n)
  }
}

const classes = [Player]

describe('a game over UDP', () => {
  let server: Server
  let proxy: UdpProxy
  let before = 0
  const clients: Client<Player>[] = []

  beforeEach(async () => {
    before = await settledHandles()
    server = createServer({ classes, avatar: Player, tickRate: 50, transports: [udp({ port: 0, host: '127.0.0.1' })] })
    const [url] = await server.start()
    proxy = await UdpProxy.open(Number(new URL(url!).port), { seed: 5, lost: 0.15, doubled: 0.1, delay: 10 })
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close()
    await server.stop()
    await proxy.close()
    await expectReturnTo(before)
  })

  async function join(): Promise<Client<Player>> {
    const client = await connect<Player>(`udp://127.0.0.1:${proxy.port}`, { classes })
    clients.push(client)
    return client
  }

  it('brings all that is reliable in order, and the newest of what is not, although its players move', async () => {
    const [a, b] = [await join(), await join()]
    await eventually(() => a.objects.get(b.avatar.id) !== undefined && b.objects.get(a.avatar.id) !== undefined)
    const kinds = new Set<number | undefined>()
    proxy.watch = packet => kinds.add(packet[0]) !== null
    let closed = 0
    for (const client of [a, b]) client.on('close', () => closed++)
    const [atA, atB] = [sightOf(a, b.avatar), sightOf(b, a.avatar)]
    for (let i = 1; i <= 200; i++) {
      for (const { avatar } of [a, b]) {
        avatar.send.place(i)
        avatar.send.fire(i)
      }
      await turns(4)
      if (i === 100) await proxy.roam()
    }
    await eventually(() => [atA, atB].every(({ heard, x }) => heard.length === 200 && x === 200))
    for (const { heard } of [atA, atB])
      expect(heard.map(([, n]) => n)).to.deep.equal(Array.from({ length: 200 }, (_, i) => i + 1))
    expect(closed).to.equal(0)
    expect([...kinds]).to.include.members([DATA, DATAGRAM, PROOF])
    expect(proxy.counts.lost).to.be.above(50)
  })
})
