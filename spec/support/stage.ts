/** Runs the same behaviour specs on every wire: virtual time with memory, and real WebSockets. */
import type { NetworkObject } from 'fieldcast'
import { World, type WorldOptions } from 'fieldcast/testing'
import { websocket, websocketDialer } from 'fieldcast/transports/websocket'

export type Start = <A extends NetworkObject>(options: WorldOptions<A>) => Promise<World<A>>

/**
 * Declares the specs of `body` once per wire. Worlds that `start` makes are stopped after each test.
 * Use `world.settle()` and `world.until(promise)`, never `run()`: real wires have no virtual time.
 */
export function onEveryWire(title: string, body: (start: Start) => void): void {
  for (const wire of ['memory', 'websocket'] as const) {
    describe(`${title} (${wire})`, () => {
      const worlds: World[] = []
      afterEach(async () => {
        for (const world of worlds.splice(0)) await world.stop()
      })
      body(async options => {
        const real =
          wire === 'websocket'
            ? { wire: { listener: websocket({ port: 0, host: '127.0.0.1' }), dialer: () => websocketDialer() } }
            : {}
        const world = await World.start({ ...options, ...real })
        worlds.push(world as unknown as World)
        return world
      })
    })
  }
}
