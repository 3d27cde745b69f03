/** One game over several wires at once: only the transport line differs. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type str } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { createServer, type Server } from 'fieldcast/server'
import { type MemoryWire, memory } from 'fieldcast/transports/memory'
import { tcp, tcpDialer } from 'fieldcast/transports/tcp'
import { udp } from 'fieldcast/transports/udp'
import { webrtc } from 'fieldcast/transports/webrtc'
import { websocket } from 'fieldcast/transports/websocket'
import type { Dialer, Listener } from '../../lib/link/transport.ts'
import { goesAtOnce } from '../support/departure.ts'
import { next } from '../support/outcome.ts'
import { sightOf, Witness } from '../support/witness.ts'
import { selfSigned } from '../transports/certificate.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  say(text: str<64>): void {
    this.note('say', text)
    this.onSaid(text)
  }

  /** For specs that wait for a certain text. */
  onSaid(text: string): void {
    void text
  }

  said(text: string): Promise<void> {
    if (this.heard.some(([, words]) => words === text)) return Promise.resolve()
    return new Promise(resolve => {
      this.onSaid = heard => heard === text && resolve()
    })
  }
}

const classes = [Player]
const place = { port: 0, host: '127.0.0.1' }

/** A way from one process to another, of which only the transport's line is known here. */
interface Way {
  readonly listener: Listener
  /** Where `connect` does not find it by the url. */
  readonly transport?: Dialer
}

const ways: Readonly<Record<string, () => Way>> = {
  WebSocket: () => ({ listener: websocket(place) }),
  TCP: () => ({ listener: tcp(place) }),
  TLS: () => {
    const tls = selfSigned()
    return { listener: tcp({ ...place, tls }), transport: tcpDialer({ tls: { ca: tls.cert } }) }
  },
  UDP: () => ({ listener: udp(place) }),
  WebRTC: () => ({ listener: webrtc(place) }),
}

for (const [name, make] of Object.entries(ways))
  describe(`memory and ${name} at once`, () => {
    let server: Server
    let wire: MemoryWire
    let way: Way
    let url: string
    const clients: Client<Player>[] = []

    beforeEach(async () => {
      wire = memory()
      way = make()
      server = createServer({ classes, avatar: Player, tickRate: 0, transports: [wire, way.listener], ...goesAtOnce })
      url = (await server.start()).find(address => address !== 'memory:')!
    })
    afterEach(async () => {
      for (const client of clients.splice(0)) client.close()
      await server.stop()
    })

    const local = (): Promise<Client<Player>> => entered(connect('memory:', { classes, transport: wire }))
    const remote = (): Promise<Client<Player>> => {
      const { transport } = way
      return entered(connect(url, { classes, ...(transport && { transport }) }))
    }
    async function entered(connecting: Promise<Client<Player>>): Promise<Client<Player>> {
      const client = await connecting
      clients.push(client)
      return client
    }

    it('MN29 A local player in the server’s process and a remote one by socket see and hear each other', async () => {
      const [a, b] = [await local(), await remote()]
      await enteredView(a, b.avatar)
      a.avatar.send.say('from here')
      b.avatar.send.say('from afar')
      await Promise.all([
        sightOf(b, a.avatar).said('from here'),
        sightOf(a, b.avatar).said('from afar'),
        a.avatar.said('from here'),
        b.avatar.said('from afar'),
      ])
      expect(sightOf(b, a.avatar).heard).to.deep.equal([['say', 'from here']])
      expect(sightOf(a, b.avatar).heard).to.deep.equal([['say', 'from afar']])
      expect(server.clients.get(a.id)!.address).to.equal('')
      expect(server.clients.get(b.id)!.address).to.equal('127.0.0.1')
    })

    it('MN29 The same game runs over either transport with only the transport line changed', async () => {
      const story = async (join: () => Promise<Client<Player>>): Promise<unknown> => {
        const [a, b] = [await join(), await join()]
        a.avatar.send.say('one')
        a.avatar.send.say('two')
        await sightOf(b, a.avatar).said('two')
        const c = await join()
        const told = [sightOf(b, a.avatar), sightOf(c, a.avatar)].map(({ story, heard }) => [story, heard])
        for (const client of [a, b, c]) client.close()
        return told
      }
      expect(await story(remote)).to.deep.equal(await story(local))
    })

    it('removes the local player at the remote one, and the reverse', async () => {
      const [a, b, c] = [await local(), await remote(), await remote()]
      const gone = next(b, 'leave')
      a.close()
      expect((await gone).object.id).to.equal(a.avatar.id)
      const d = await local()
      const lost = next(d, 'leave')
      c.close()
      expect((await lost).object.id).to.equal(c.avatar.id)
    })

    it('lets a wire of its own break without harm to the other', async () => {
      const [a, b] = [await local(), await remote()]
      const closed = next(a, 'close')
      const gone = next(b, 'leave')
      wire.cut()
      expect((await closed).reason).to.equal('lost')
      expect((await gone).object.id).to.equal(a.avatar.id)
      b.avatar.send.say('alone')
      await b.avatar.said('alone')
      expect((await local()).connected).to.equal(true)
    })
  })

/** Resolves when an object is in a client's view. */
async function enteredView(client: Client<Player>, object: Player): Promise<void> {
  while (!client.objects.get(object.id)) await next(client, 'enter')
}
