/** A client that has been told where to go, and loses the connection before its end is told. docs/transfer.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type str } from 'fieldcast'
import { type ConnectOptions, connect } from 'fieldcast/client'
import { createServer, type Server } from 'fieldcast/server'
import { memory } from 'fieldcast/transports/memory'
import { VirtualClock } from '../../lib/harness/virtual-clock.ts'
import type { Channel, Dialer, Listener } from '../../lib/link/transport.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { record } from '../support/outcome.ts'
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

type Way = Omit<ConnectOptions<Player>, 'avatar'>

describe('A connection that breaks right behind the word where to go on', () => {
  const ways: Record<string, Way> = {
    'as it comes': { classes },
    'without resuming': { classes, resume: false },
    'with a pump by hand': { classes, pump: 'manual' },
  }
  for (const [way, options] of Object.entries(ways)) it(`leads there all the same, ${way}`, () => leads(options, false))

  it('leads nowhere where the game has closed the client', () => leads({ classes, pump: 'manual' }, true))

  async function leads(options: Way, closes: boolean): Promise<void> {
    const clock = new VirtualClock()
    const [here, there] = [memory({ clock }), memory({ clock })]
    let breaks = false
    const listener: Listener = {
      listen: (accept, limits) =>
        here.listen(channel => {
          const fragile: Channel = {
            address: channel.address,
            network: channel.network,
            get buffered() {
              return channel.buffered
            },
            send: frame => {
              // Its last word.
              if (breaks && frame.bytes[0] === Op.Close)
                clock.soon(() => {
                  breaks = false
                  channel.abort()
                })
              else channel.send(frame)
            },
            close: (code, text) => (breaks ? undefined : channel.close(code, text)),
            abort: () => channel.abort(),
          }
          return accept(fragile)
        }, limits),
      close: () => here.close(),
    }
    const open = async (transport: Listener): Promise<Server> => {
      const server = createServer({
        classes,
        avatar: Player,
        tickRate: 0,
        clock,
        transports: [transport],
        transfer: { key },
        login: () => ({ id: 'ann' }),
      })
      server.on('close', () => {})
      await server.start()
      return server
    }
    const [a, b] = [await open(listener), await open(there)]
    const transport: Dialer = {
      dial: (url, accept, limits) => (url === 'old:' ? here : there).dial('memory:', accept, limits),
    }
    const joining = connect<Player>('old:', { ...options, transport, clock, transfer: () => true })
    await clock.advance(200)
    const client = await joining
    const [leaving, arrived, closed] = [
      record(client, 'transfer'),
      record(client, 'transferred'),
      record(client, 'close'),
    ]
    client.on('lost', () => {})
    breaks = true
    void [...a.clients.values()][0]!.transfer('new:')
    if (closes) {
      // It has been read where it is to go, and the loss is known.
      await clock.advance(50)
      client.pump()
      client.close()
    }
    await clock.advance(50)
    // Its file is read meanwhile, which takes time that is not virtual.
    while (leaving.length + closed.length === 0) {
      client.pump()
      await new Promise(resolve => setImmediate(resolve))
    }
    for (let i = 0; i < 20; i++) {
      await clock.advance(100)
      client.pump()
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(closed.map(({ reason }) => reason)).to.deep.equal(closes ? ['normal'] : [])
    expect(arrived.map(({ url }) => url)).to.deep.equal(closes ? [] : ['new:'])
    expect(b.clients.size).to.equal(closes ? 0 : 1)
  }
})
