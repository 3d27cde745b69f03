/** The ways to the server of a soak: wires of several kinds on networks of several kinds, and for each client a line that can be cut and held down. */
import type { Clock } from '../../lib/base/clock.ts'
import { ConnectionFailed } from '../../lib/base/errors.ts'
import type { Channel, Dialer, Listener } from '../../lib/link/transport.ts'
import { type Conditioned, conditioner, type ProfileName } from '../../transports/conditioner.ts'
import { memory } from '../../transports/memory.ts'
import { tcp, tcpDialer } from '../../transports/tcp.ts'
import { udp, udpDialer } from '../../transports/udp.ts'
import { websocket, websocketDialer } from '../../transports/websocket.ts'

/** One way to the server. */
export interface Road {
  readonly name: string
  readonly listener: Conditioned<Listener>
  readonly dialer: Dialer
}

/** All of them as one listener: its url is that of the first. */
export class Roads implements Listener {
  readonly roads: readonly Road[]
  /** By road. */
  readonly urls: string[] = []

  constructor(roads: readonly Road[]) {
    this.roads = roads
  }

  async listen(...listening: Parameters<Listener['listen']>): Promise<string> {
    for (const { listener } of this.roads) this.urls.push(await listener.listen(...listening))
    return this.urls[0]!
  }

  async close(): Promise<void> {
    await Promise.all(this.roads.map(({ listener }) => listener.close()))
  }

  /** Frames, datagrams, openings and ends that are on their way. */
  get underway(): number {
    return this.roads.reduce((sum, { listener }) => sum + listener.underway, 0)
  }
}

/** Networks inside this process, on a world's time. */
export function memoryRoads(clock: Clock, seed: number): Roads {
  const profiles: readonly (ProfileName | 'trickle')[] = [
    'lan',
    'wifi',
    'bad-wifi',
    '4g',
    '3g',
    'satellite',
    'train',
    'trickle',
  ]
  return new Roads(
    profiles.flatMap((profile, i) =>
      [false, true].map((datagrams): Road => {
        const wire = conditioner(memory({ clock, datagrams }), {
          // Whoever reads so slowly is told the newest, now and then.
          ...(profile === 'trickle' ? { latency: 60, down: { bandwidth: 3000 } } : { profile }),
          clock,
          seed: seed * 100 + i * 2 + Number(datagrams),
        })
        return { name: `${profile}${datagrams ? ' with datagrams' : ''}`, listener: wire, dialer: wire }
      }),
    ),
  )
}

/** Sockets of several kinds, on networks that are bad for them. */
export function socketRoads(seed: number): Roads {
  const at = { port: 0, host: '127.0.0.1' }
  const wires: readonly (readonly [string, Listener, Dialer])[] = [
    ['WebSocket', websocket(at), websocketDialer()],
    ['TCP', tcp(at), tcpDialer()],
    ['UDP', udp(at), udpDialer()],
  ]
  return new Roads(
    wires.map(([name, wire, dialer], i): Road => {
      const options = {
        latency: 3,
        jitter: 10,
        loss: 0.02,
        reorder: 0.02,
        disconnectsPerMinute: 4,
        seed: seed * 10 + i,
      }
      return { name, listener: conditioner(wire, options), dialer }
    }),
  )
}

/** One client's way: where it leads may change while the connection is down. */
export class Line implements Dialer {
  readonly schemes = ['memory', 'ws', 'tcp', 'udp']
  isDown = false
  readonly #roads: Roads
  #channel: Channel | null = null
  #road: number

  constructor(roads: Roads, road: number) {
    this.#roads = roads
    this.#road = road
  }

  get name(): string {
    return this.#roads.roads[this.#road]!.name
  }

  /** From the next connection on. */
  turn(road: number): void {
    this.#road = road
  }

  cut(): void {
    this.#channel?.abort()
  }

  async dial(...[, accept, limits]: Parameters<Dialer['dial']>): Promise<void> {
    if (this.isDown) throw new ConnectionFailed('The line is down.')
    const { dialer } = this.#roads.roads[this.#road]!
    await dialer.dial(
      this.#roads.urls[this.#road]!,
      channel => {
        this.#channel = channel
        return accept(channel)
      },
      limits,
    )
  }
}
