/** What the router specs share: whole chains from client to game server, over real wires or in memory, with nothing left open. */
import type { Channel, ChannelReceiver, Dialer, Listener, WireLimits } from '../../lib/link/transport.ts'
import { type MemoryOptions, memory } from '../../transports/memory.ts'
import {
  createRouter,
  type RoutedDialOptions,
  type RoutedOptions,
  type Router,
  type RouterOptions,
  routed,
} from '../../transports/router.ts'
import { websocket, websocketDialer } from '../../transports/websocket.ts'
import type { Halves } from './suite.ts'

export const secret = 'correct horse battery staple, 32+'

/** Generous where the suite is: it sends 32 MiB in one turn. */
const generous = { connectionsPerAddress: 1000, unreadBytes: 64 << 20, waitingBytes: 64 << 20, linkBytes: 256 << 20 }

/** A chain as one transport: its listener is the game server's, and brings a router along. */
export class Chain implements Listener {
  router: Router | null = null
  readonly #server: Listener
  readonly #make: (url: string) => RouterOptions

  /** @param make the router's options, of the url that `server` listens at. */
  constructor(server: Listener, make: (url: string) => RouterOptions) {
    this.#server = server
    this.#make = make
  }

  async listen(accept: (channel: Channel) => ChannelReceiver | null, limits: WireLimits): Promise<string> {
    const router = createRouter(this.#make(await this.#server.listen(accept, limits)))
    this.router = router
    const up = running(router)
    const [url] = await router.start()
    await up
    return url!
  }

  async close(): Promise<void> {
    await this.#server.close()
    await this.router?.stop()
  }
}

/** Resolves once so many links of a router stand. */
export function running(router: Router, links = 1): Promise<void> {
  return new Promise(resolve => {
    const look = (): void => {
      if (router.links < links) return
      off()
      resolve()
    }
    const off = router.on('link-up', look)
    look()
  })
}

/** Players by WebSocket; the router dials what the game server listens at. */
export function chainTo(server: Listener): Chain {
  const listen = websocket({ port: 0, host: '127.0.0.1' })
  return new Chain(server, url => ({ listen, server: url, secret, limits: generous }))
}

/** Players and links by WebSocket. */
export function websocketChain(): Halves {
  const server = routed(websocket({ port: 0, host: '127.0.0.1' }), { secret })
  return { listener: chainTo(server), dialer: websocketDialer() }
}

/** Players and links in memory; the router dials. */
export function memoryChain(players: MemoryOptions = {}, links: MemoryOptions = {}): Halves {
  const [link, wire] = [memory(links), memory(players)]
  const chain = new Chain(routed(link, { secret }), url => ({
    listen: wire,
    server: url,
    transport: link,
    secret,
    limits: generous,
  }))
  return { listener: chain, dialer: wire }
}

/** Players by WebSocket; the game server dials out, by WebSocket too. */
export class DialledChain implements Listener {
  #router: Router | null = null
  #server: Listener | null = null

  async listen(accept: (channel: Channel) => ChannelReceiver | null, limits: WireLimits): Promise<string> {
    if (this.#server) return this.#server.listen(accept, limits)
    const links = new Announcing(websocket({ port: 0, host: '127.0.0.1' }))
    const router = createRouter({
      listen: websocket({ port: 0, host: '127.0.0.1' }),
      server: links,
      secret,
      limits: generous,
    })
    this.#router = router
    const [url] = await router.start()
    this.#server = routed({ dial: links.url, links: 1, secret })
    await this.#server.listen(accept, limits)
    await running(router)
    return url!
  }

  async close(): Promise<void> {
    await this.#server?.close()
    await this.#router?.stop()
    this.#server = null
  }
}

/** Remembers the url that a listener listens at. */
class Announcing implements Listener {
  url = ''
  readonly #listener: Listener

  constructor(listener: Listener) {
    this.#listener = listener
  }

  async listen(accept: (channel: Channel) => ChannelReceiver | null, limits: WireLimits): Promise<string> {
    return (this.url = await this.#listener.listen(accept, limits))
  }

  close(): Promise<void> {
    return this.#listener.close()
  }
}

export type { Dialer, RoutedDialOptions, RoutedOptions }
