/** fieldcast with many zones: where a player is decides what its client watches. */
import type { Server } from 'node:http'
import { type Client, createServer } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { around, zoneAt } from './grid.ts'
import { Mover } from './model.ts'

class Walker extends Mover {
  override moveTo(x: number, y: number, at: number): void {
    super.moveTo(x, y, at)
    const zone = zoneAt(x, y)
    if (zone === this.zone) return
    this.enterZone(zone)
    const client = this.owner as Client
    client.zones.set(around[zone]!)
  }
}

/** @param options.arenas So many zones instead, each with its share of the players, who stay where they are and see the own zone alone. */
export async function serve(http: Server, { arenas = 0 }: { readonly arenas?: number }): Promise<void> {
  let players = 0
  const server = createServer({
    ...(arenas > 0
      ? { classes: [Mover], avatar: Mover, login: () => ({ zone: players++ % arenas }) }
      : { classes: [Walker], avatar: Walker, zone: null, follow: false }),
    tickRate: 20,
    transports: [websocket({ server: http })],
    limits: { connectionsPerAddress: 100_000 },
  })
  await server.start()
}
