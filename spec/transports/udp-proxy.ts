/** A real UDP relay between clients and a server: it loses, doubles, delays and so disorders packets by a seed, and can move clients as a router does. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { systemClock, type Timer } from '../../lib/base/clock.ts'
import { seededRandom } from '../../lib/base/random.ts'

export interface Weather {
  readonly seed?: number
  /** Shares from 0 to 1. */
  readonly lost?: number
  readonly doubled?: number
  /** The longest that a packet takes, ms; each takes what chance wants up to it. */
  readonly delay?: number
}

/** A client, as the server sees it. */
interface Guest {
  readonly client: RemoteInfo
  socket: Socket
}

export class UdpProxy {
  readonly port: number
  /** Packets that came in, and that were lost, doubled. */
  readonly counts = { came: 0, lost: 0, doubled: 0 }
  /** Sees each packet, and may keep it: false loses it. */
  watch: (packet: Buffer, toServer: boolean) => boolean = () => true
  /** Loses everything. */
  isCut = false
  readonly #front: Socket
  readonly serverPort: number
  #weather: Weather
  readonly #chance: () => number
  readonly #guests = new Map<number, Guest>()
  readonly #timers = new Set<Timer>()
  readonly #retired: Socket[] = []

  private constructor(front: Socket, serverPort: number, weather: Weather) {
    this.#front = front
    this.port = front.address().port
    this.serverPort = serverPort
    this.#weather = weather
    const random = seededRandom(weather.seed ?? 1)
    this.#chance = () => random.number()
    front.on('message', (packet, from) => this.#fromClient(packet, from))
  }

  static async open(serverPort: number, weather: Weather = {}): Promise<UdpProxy> {
    return new UdpProxy(await socketAt(), serverPort, weather)
  }

  /** From now on all clients come from other ports. Packets to the old ones are lost. */
  async roam(): Promise<void> {
    for (const guest of this.#guests.values()) {
      this.#retired.push(guest.socket)
      guest.socket.removeAllListeners('message')
      guest.socket = await this.#socketFor(guest)
    }
  }

  /** The ports that the server sees. */
  get ports(): number[] {
    return [...this.#guests.values()].map(({ socket }) => socket.address().port)
  }

  /** Sockets of clients that it has heard of. */
  get clients(): number {
    return this.#guests.size
  }

  /** From now on nothing happens to packets. */
  calm(): void {
    this.#weather = {}
    this.isCut = false
    this.watch = () => true
  }

  /** Sends a packet of a spec's own to every client, as if it came from the server. */
  forge(packet: Uint8Array): void {
    for (const { client } of this.#guests.values()) this.#front.send(packet, client.port, client.address)
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel()
    const sockets = [this.#front, ...this.#retired, ...[...this.#guests.values()].map(({ socket }) => socket)]
    await Promise.all(sockets.map(socket => new Promise<void>(resolve => socket.close(() => resolve()))))
  }

  #fromClient(packet: Buffer, from: RemoteInfo): void {
    const known = this.#guests.get(from.port)
    if (known) return this.#pass(packet, true, () => known.socket.send(packet, this.serverPort, '127.0.0.1'))
    const guest: Guest = { client: from, socket: createSocket('udp4') }
    this.#guests.set(from.port, guest)
    this.#listen(guest, guest.socket)
    this.#pass(packet, true, () => guest.socket.send(packet, this.serverPort, '127.0.0.1'))
  }

  async #socketFor(guest: Guest): Promise<Socket> {
    const socket = await socketAt()
    this.#listen(guest, socket)
    return socket
  }

  #listen({ client }: Guest, socket: Socket): void {
    socket.on('error', () => {})
    socket.on('message', packet =>
      this.#pass(packet, false, () => this.#front.send(packet, client.port, client.address)),
    )
  }

  #pass(packet: Buffer, toServer: boolean, send: () => void): void {
    const { lost = 0, doubled = 0, delay = 0 } = this.#weather
    this.counts.came++
    if (this.isCut || !this.watch(packet, toServer) || this.#chance() < lost) {
      this.counts.lost++
      return
    }
    const copies = this.#chance() < doubled ? 2 : 1
    this.counts.doubled += copies - 1
    for (let i = 0; i < copies; i++) {
      if (delay === 0) send()
      else {
        const timer = systemClock.after(this.#chance() * delay, () => {
          this.#timers.delete(timer)
          send()
        })
        this.#timers.add(timer)
      }
    }
  }
}

async function socketAt(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.on('error', () => {})
  return socket
}
