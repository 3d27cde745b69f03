/** A thousand clients that lose their connections all at once and come back over new ones, beside the same who log in anew: a server and its clients in one process, over WebSocket. */
import { Flags, field, NetworkObject, networkClass, type uint16 } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { createServer, type Server } from 'fieldcast/server'
import type { Channel } from 'fieldcast/transports/memory'
import { websocket, websocketDialer } from 'fieldcast/transports/websocket'
import type { Part } from './contestant.ts'

@networkClass(45)
export class Walker extends NetworkObject {
  place = 0
  heard = 0

  @field(Flags.Broadcast | Flags.RAM)
  standAt(place: uint16) {
    this.place = place
    this.heard++
  }
}

export interface ResumeArgument {
  /** `missed`: each gets the calls that it missed; `anew`: it is told everything anew; `login`: it connects and logs in as a new client. */
  readonly kind: 'missed' | 'anew' | 'login'
  readonly clients: number
}

export interface ResumeResult {
  /** Until the last one has come back, and has got a call that was made for all after that, ms. */
  readonly whole: number
  /** The process's processor time meanwhile, both sides, ms. */
  readonly cpu: number
}

/** In one zone; the clients are spread over so many. */
const zones = 50
const objectsPerZone = 20

export const part: Part<ResumeArgument, ResumeResult> = async ({ kind, clients: count }) => {
  const server = createServer({
    classes: [Walker],
    transports: [websocket({ port: 0, host: '127.0.0.1' })],
    zone: null,
    login: (n: number) => ({ zone: n % zones }),
    limits: {
      connectionsPerAddress: 1e6,
      connectsPerSecond: 1e6,
      loginsAtOnce: 1e6,
      ...(kind === 'login' && { resumeMs: 0 }),
      ...(kind === 'anew' && { resumeBytes: 1 }),
    },
  })
  const [url] = await server.start()
  for (let zone = 0; zone < zones; zone++)
    for (let i = 0; i < objectsPerZone; i++) server.create(Walker, object => object.send.standAt(i), { zone })
  const channels = new Map<number, Channel>()
  const join = (n: number): Promise<Client> => {
    const dialer = websocketDialer()
    return connect(url!, {
      classes: [Walker],
      login: n,
      transport: {
        dial: (to, accept, limits) =>
          dialer.dial(
            to,
            channel => {
              channels.set(n, channel)
              return accept(channel)
            },
            limits,
          ),
      },
      ...(kind === 'login' && { resume: false }),
      on: { lost: () => {}, close: () => {} },
    })
  }
  let all: Client[] = []
  for (let n = 0; n < count; n += 100)
    all.push(...(await Promise.all(Array.from({ length: Math.min(100, count - n) }, (_, i) => join(n + i)))))
  return async () => {
    const lost = all.map(client => event(client, kind === 'login' ? 'close' : 'lost'))
    const back = kind === 'login' ? [] : all.map(client => event(client, 'resumed'))
    for (const channel of channels.values()) channel.abort()
    await Promise.all(lost)
    // What all of them miss.
    for (const object of server.objects.of(Walker)) object.send.standAt(1)
    server.tick()
    const [start, cpu] = [performance.now(), process.cpuUsage()]
    if (kind === 'login') all = await Promise.all(all.map((_, n) => join(n)))
    else await Promise.all(back)
    await called(server, all)
    const { user, system } = process.cpuUsage(cpu)
    return { whole: performance.now() - start, cpu: (user + system) / 1000 }
  }
}

function event(client: Client, name: 'lost' | 'close' | 'resumed'): Promise<void> {
  return new Promise(resolve => {
    const off = client.on(name, () => {
      off()
      resolve()
    })
  })
}

/** Makes a call for everybody, and waits until it has arrived everywhere. */
async function called(server: Server, clients: readonly Client[]): Promise<void> {
  for (const object of server.objects.of(Walker)) object.send.standAt(2)
  server.tick()
  const has = (client: Client): boolean => {
    const objects = client.objects.of(Walker)
    return objects.length === objectsPerZone && objects.every(({ place }) => place === 2)
  }
  while (!clients.every(has)) await new Promise(resolve => setImmediate(resolve))
  for (const object of server.objects.of(Walker)) object.send.standAt(0)
}
