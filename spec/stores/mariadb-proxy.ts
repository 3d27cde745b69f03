/** Stands between a store and its server, as a network does. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Passes everything on, until it is told to swallow it. */
export class Proxy {
  readonly url: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #held = false

  private constructor(server: Server, url: string) {
    this.#server = server
    this.url = url
  }

  static async before(target: string): Promise<Proxy> {
    const { hostname, port } = new URL(target)
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = new URL(target)
    url.hostname = '127.0.0.1'
    url.port = String((server.address() as AddressInfo).port)
    const proxy = new Proxy(server, url.href)
    server.on('connection', near => {
      const far = connect(Number(port || 3306), hostname)
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        proxy.#sockets.add(from)
        from.on('data', data => {
          if (!proxy.#held) to.write(data)
        })
        from.on('error', () => {})
        from.on('close', () => {
          proxy.#sockets.delete(from)
          to.destroy()
        })
      }
    })
    return proxy
  }

  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
