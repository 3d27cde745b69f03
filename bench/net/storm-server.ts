/** The server of a storm, a process of its own: its clients' wires are cut all at once. */
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { answer } from '../kit/child.ts'
import { Mover } from './model.ts'
import { Beacon } from './storm-model.ts'

export interface StormPlace {
  readonly zones: number
  /** Things in each zone, beside the avatars. */
  readonly things: number
  /** @see Limits */
  readonly limits: Readonly<Record<string, number>>
}

/** What the server has done since the last cut. */
export interface Effort {
  /** User and system time, µs. */
  readonly cpu: number
  readonly bytes: number
}

const http = createHttpServer()
const sockets = new Set<Socket>()
let gone = 0
http.on('connection', (socket: Socket) => {
  sockets.add(socket)
  socket.once('close', () => {
    sockets.delete(socket)
    gone += socket.bytesWritten
  })
})
const written = (): number => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, gone)

const beacons: Beacon[] = []
let server: ReturnType<typeof createServer>
let since = { cpu: process.cpuUsage(), bytes: 0 }

answer({
  async open({ zones, things, limits }: StormPlace): Promise<string> {
    await new Promise<void>(resolve => http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
    server = createServer({
      classes: [Mover, Beacon],
      avatar: Mover,
      login: (zone: number) => ({ zone }),
      transports: [websocket({ server: http })],
      limits: { connectionsPerAddress: 1e6, connectsPerSecond: 1e6, loginsAtOnce: 1e6, ...limits },
    })
    await server.start()
    for (let zone = 0; zone < zones; zone++)
      for (let i = 0; i < things; i++)
        beacons.push(server.create(Beacon, beacon => void beacon.send.place(i), { zone }))
    return `ws://127.0.0.1:${(http.address() as AddressInfo).port}`
  },
  /** Tells all zones of the storm, and cuts the wires first, if there are any. The time of that, ms since 1970. */
  storm(count: number): number {
    since = { cpu: process.cpuUsage(), bytes: written() }
    const at = performance.timeOrigin + performance.now()
    for (const socket of sockets) socket.destroy()
    for (const beacon of beacons) beacon.send.storm(count)
    return at
  },
  effort(): Effort {
    const { user, system } = process.cpuUsage(since.cpu)
    return { cpu: user + system, bytes: written() - since.bytes }
  },
  count: () => server.clients.size,
})
