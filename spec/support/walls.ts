/** Every wire by which strangers reach a game server, each as a way to start a world on it. */
import type { Server } from 'node:http'
import { tcp, tcpDialer } from 'fieldcast/transports/tcp'
import { udpDialer } from 'fieldcast/transports/udp'
import { webrtc, webrtcDialer } from 'fieldcast/transports/webrtc'
import { websocket, websocketDialer } from 'fieldcast/transports/websocket'
import type { Channel, ChannelReceiver, Dialer, Listener, WireLimits } from '../../lib/link/transport.ts'
import { createRouter, type Router, routed } from '../../transports/router.ts'
import { UdpListener } from '../../transports/udp/listener.ts'
import { createHttpServer } from '../../transports/websocket/http.ts'
import { selfSigned } from '../transports/certificate.ts'

/** `router`: players by WebSocket at a router, which is linked to the game server by WebSocket. */
export const wireNames = ['websocket', 'tcp', 'tls', 'udp', 'webrtc', 'router'] as const
export type WireName = (typeof wireNames)[number]

export interface WallOptions {
  /** How long strangers may take for their first words, ms. @default as in production */
  readonly patience?: number
  readonly deflate?: boolean
  readonly origins?: readonly string[]
  readonly trustedProxies?: readonly string[]
}

export interface Wall {
  readonly listener: Listener
  readonly dialer: () => Dialer
}

const host = '127.0.0.1'
const secret = 'correct horse battery staple, 32+'

let tls: ReturnType<typeof selfSigned> | undefined
/** Of all secure wires of a run. */
export const certificate = (): ReturnType<typeof selfSigned> => (tls ??= selfSigned())

/** Both halves of a wire; what has no meaning for it in `options` is left out. */
export function wallOf(wire: WireName, options: WallOptions = {}): Wall {
  const { patience, deflate, origins, trustedProxies } = options
  const http = { ...(origins && { origins }), ...(trustedProxies && { trustedProxies }) }
  const handshake = patience === undefined ? {} : { handshakeMs: patience }
  switch (wire) {
    case 'tcp':
      return { listener: tcp({ port: 0, host, ...handshake }), dialer: () => tcpDialer() }
    case 'tls': {
      const listener = tcp({ port: 0, host, tls: certificate(), ...handshake })
      return { listener, dialer: () => tcpDialer({ tls: { ca: certificate().cert } }) }
    }
    case 'udp':
      return { listener: new UdpListener({ port: 0, host }), dialer: () => udpDialer() }
    case 'webrtc': {
      const listener = impatient(patience, place =>
        webrtc({ host, ...place, ...http, ...(patience !== undefined && { timeout: patience }) }),
      )
      return { listener, dialer: () => webrtcDialer() }
    }
    case 'websocket':
    case 'router': {
      const players = impatient(patience, place =>
        websocket({ ...place, ...http, ...(deflate !== undefined && { deflate }) }),
      )
      const listener = wire === 'router' ? new Routed(players) : players
      return { listener, dialer: () => websocketDialer() }
    }
  }
}

type Place = { readonly port: number; readonly host: string } | { readonly server: Server }

/** On a port of its own; or, where strangers are to have less time than the 10 s of a server of ours, attached to one that gives them that. */
function impatient(patience: number | undefined, make: (place: Place) => Listener): Listener {
  if (patience === undefined) return make({ port: 0, host })
  const server = createHttpServer(undefined, patience) as Server
  const listener = make({ server })
  return {
    async listen(accept, limits) {
      await new Promise<void>(resolve => server.listen(0, host, resolve))
      return listener.listen(accept, limits)
    },
    async close() {
      await listener.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** A game server's listener that brings its router along. */
class Routed implements Listener {
  readonly #players: Listener
  readonly #server: Listener = routed(websocket({ port: 0, host }), { secret })
  #router: Router | null = null

  constructor(players: Listener) {
    this.#players = players
  }

  async listen(accept: (channel: Channel) => ChannelReceiver | null, limits: WireLimits): Promise<string> {
    const server = await this.#server.listen(accept, limits)
    const router = createRouter({
      listen: this.#players,
      server,
      secret,
      links: 1,
      limits: { connectionsPerAddress: 10_000 },
    })
    this.#router = router
    const up = new Promise<void>(resolve => {
      const off = router.on('link-up', () => {
        off()
        resolve()
      })
    })
    const [url] = await router.start()
    await up
    return url!
  }

  async close(): Promise<void> {
    await this.#server.close()
    await this.#router?.stop()
  }
}
