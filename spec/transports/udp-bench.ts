/** What the UDP specs share: servers that are closed after each test with nothing left open, and a bare socket that can send what no honest client does. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { UdpListener } from '../../transports/udp/listener.ts'
import { type UdpDialerOptions, type UdpOptions, udpDialer } from '../../transports/udp.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { Bench, eventually, turns } from './recorder.ts'
import { UdpProxy, type Weather } from './udp-proxy.ts'

export interface UdpBench extends Bench {
  readonly listener: UdpListener
}

export interface UdpBenches {
  /** A listening server and a dialer. */
  opened(options?: UdpOptions, dialer?: UdpDialerOptions): Promise<UdpBench>
  /** A relay before that server, which its clients dial from now on. */
  behind(bench: UdpBench, weather?: Weather): Promise<UdpProxy>
  raw(): Promise<RawUdp>
}

/** To call within `describe`: after each test all is closed, and no socket or timer stays, whatever the test did. */
export function udpBenches(): UdpBenches {
  const closers: (() => Promise<unknown>)[] = []
  const proxies: UdpProxy[] = []
  let before = 0

  beforeEach(async () => {
    before = await settledHandles()
  })
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) proxy.calm()
    for (const close of closers.splice(0).reverse()) {
      await close()
      // Last words are to come through the relay before that closes.
      await turns(3)
    }
    await expectReturnTo(before)
  })

  return {
    async opened(options = {}, dialer) {
      const bench = new Bench(
        new UdpListener({ port: 0, host: '127.0.0.1', ...options }),
        udpDialer(dialer),
      ) as UdpBench
      await bench.listen()
      closers.unshift(() => bench.listener.close())
      return bench
    },
    async behind(bench, weather) {
      const proxy = await UdpProxy.open(portOf(bench), weather)
      proxies.push(proxy)
      closers.unshift(() => proxy.close())
      bench.url = `udp://127.0.0.1:${proxy.port}`
      return proxy
    },
    async raw() {
      const raw = await RawUdp.open()
      closers.unshift(() => raw.close())
      return raw
    },
  }
}

export function portOf(bench: Bench): number {
  return Number(new URL(bench.url).port)
}

/** A bare socket. */
export class RawUdp {
  readonly received: Buffer[] = []
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('message', (packet: Buffer, _from: RemoteInfo) => this.received.push(packet))
  }

  static async open(): Promise<RawUdp> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new RawUdp(socket)
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** Resolves when the system has taken the packet. */
  send(packet: Uint8Array, port: number): Promise<void> {
    return new Promise(resolve => this.#socket.send(packet, port, '127.0.0.1', () => resolve()))
  }

  /** The next answer. */
  async answer(): Promise<Buffer> {
    await eventually(() => this.received.length > 0)
    return this.received.shift()!
  }

  close(): Promise<void> {
    return new Promise(resolve => this.#socket.close(() => resolve()))
  }
}
