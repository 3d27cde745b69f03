/** fieldcast as it comes: every check on, and no limit raised but that of connections from one address. */
import type { Server } from 'node:http'
import { createServer } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { Mover } from './model.ts'

interface FieldcastOptions {
  readonly tickRate: number
  /** Whether each client has one. @default true */
  readonly avatars?: boolean
  /** Where they are. @default 0 */
  readonly zone?: number | null
}

export async function serve(http: Server, { tickRate, avatars = true, zone = 0 }: FieldcastOptions): Promise<void> {
  const server = createServer({
    classes: [Mover],
    ...(avatars ? { avatar: Mover } : {}),
    zone,
    tickRate,
    transports: [websocket({ server: http })],
    limits: { connectionsPerAddress: 100_000 },
  })
  await server.start()
}
