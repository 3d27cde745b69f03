/** A client that is sent on to a server which answers too late. docs/transfer.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type str } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { createServer, type Server } from 'fieldcast/server'
import { memory } from 'fieldcast/transports/memory'
import { VirtualClock } from '../../lib/harness/virtual-clock.ts'
import type { Dialer } from '../../lib/link/transport.ts'
import { next, record } from '../support/outcome.ts'
import { Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast)
  say(text: str<64>): void {
    this.note('say', text)
  }
}

const classes = [Player]
const key = 'the key that all servers of a deployment share'

for (const welcomeMs of [0, 400])
  describe(`A connection to the new server that opens too late, when the old one takes ${welcomeMs} ms for its welcome`, () => {
    it('is dropped: the client goes on at the old server', async () => {
      const clock = new VirtualClock()
      const [here, there] = [memory({ clock }), memory({ clock })]
      let isSlow = false
      const open = async (wire: typeof here): Promise<Server> => {
        const server = createServer({
          classes,
          avatar: Player,
          tickRate: 0,
          clock,
          transports: [wire],
          transfer: { key },
          login: () => ({ id: 'ann' }),
          onTransfer: () => new Promise(resolve => clock.after(isSlow ? welcomeMs : 0, () => resolve(true))),
        })
        server.on('close', () => {})
        await server.start()
        return server
      }
      const [a, b] = [await open(here), await open(there)]
      const transport: Dialer = {
        dial: async (url, accept, limits) => {
          if (url === 'old:') return here.dial('memory:', accept, limits)
          await new Promise<void>(resolve => clock.after(700, resolve))
          return there.dial('memory:', accept, limits)
        },
      }
      const joining = connect<Player>('old:', { classes, transport, clock, handshakeMs: 500, transfer: () => true })
      await clock.advance(200)
      const client = await joining
      const [arrived, closed] = [record(client, 'transferred'), record(client, 'close')]
      const leaving = next(client, 'transfer')
      isSlow = true
      void [...a.clients.values()][0]!.transfer('new:')
      await clock.advance(10)
      // Its file is read meanwhile, which takes time that is not virtual.
      await leaving
      await clock.advance(3000)
      expect(closed).to.deep.equal([])
      expect(arrived.map(({ url }) => url)).to.deep.equal(['old:'])
      expect(client.connected).to.equal(true)
      client.avatar.send.say('back')
      await clock.advance(200)
      expect((a.objects.get(client.avatar.id) as Player).heard).to.deep.equal([['say', 'back']])
      expect(b.clients.size).to.equal(0)
      client.close()
      const stopped = Promise.all([a.stop(), b.stop()])
      await clock.advance(3000)
      await stopped
    })
  })
