/** fieldcast as it comes: every check on, and no limit raised but that of connections from one address. */
import type { Server } from 'node:http'
import { createServer } from 'fieldcast/server'
import { tcp } from 'fieldcast/transports/tcp'
import { udp } from 'fieldcast/transports/udp'
import { webrtc } from 'fieldcast/transports/webrtc'
import { websocket } from 'fieldcast/transports/websocket'
import type { Listener } from '../../lib/link/transport.ts'
import { Mover } from './model.ts'
import { counted } from './tally.ts'

/** By name. All but that of WebSocket open a port of their own. */
const listeners = {
  ws: (http: Server): Listener => websocket({ server: http }),
  tcp: (): Listener => tcp({ port: 0, host: '127.0.0.1', backlog: 4096 }),
  udp: (): Listener => udp({ port: 0, host: '127.0.0.1' }),
  webrtc: (): Listener => counted(webrtc({ port: 0, host: '127.0.0.1' })),
}

interface FieldcastOptions {
  readonly tickRate: number
  /** What players come by. @default 'ws' */
  readonly wire?: keyof typeof listeners
  /** Whether each client has one. @default true */
  readonly avatars?: boolean
  /** Where they are. @default 0 */
  readonly zone?: number | null
}

export async function serve(http: Server, options: FieldcastOptions): Promise<string | undefined> {
  const { tickRate, wire = 'ws', avatars = true, zone = 0 } = options
  const server = createServer({
    classes: [Mover],
    ...(avatars ? { avatar: Mover } : {}),
    zone,
    tickRate,
    transports: [listeners[wire](http)],
    limits: { connectionsPerAddress: 100_000 },
  })
  const [url] = await server.start()
  return wire === 'ws' ? undefined : new URL(url!).host
}
