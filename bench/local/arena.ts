/** One zone, everyone in it, some of whom call `moveTo` once a tick: over a wire that goes nowhere. */
import { createServer, type Server } from 'fieldcast/server'
import { type MoverKind, movers } from './movers.ts'
import { HandWire } from './wire.ts'
import { callFrame, written } from './written.ts'

/** Of (int16, int16, uint32). */
export const moveBytes = 8

export interface ArenaOptions {
  readonly kind: MoverKind
  readonly clients: number
  /** How many of them call. @default all */
  readonly callers?: number
}

export interface Arena {
  readonly server: Server
  readonly wire: HandWire
  /** Hands every caller's call to the server. */
  call(): void
  /** What a tick sends to one client, bytes. */
  readonly bytesPerClient: number
}

/** What every server here is: all checks on, no limit on how fast the clock of a benchmark may run. */
export const unhurried = {
  tickRate: 'manual',
  limits: { callsPerSecond: 1e9, bytesPerSecond: 1e12, heartbeatMs: 0 },
} as const

export async function arena({ kind, clients, callers = clients }: ArenaOptions): Promise<Arena> {
  const wire = new HandWire()
  const avatar = movers[kind]
  const server = createServer({ ...unhurried, classes: [avatar], avatar, transports: [wire] })
  await server.start()
  const lines = Array.from({ length: clients }, () => wire.login(server))
  server.tick()
  const frames = [...server.clients.values()].map(({ avatar }, i) => moveFrame(avatar!.id, i))
  const ticks = { count: 0 }
  const call = (): void => {
    ticks.count++
    for (let i = 0; i < callers; i++) {
      const frame = frames[i]!
      // Another place than before, or deltas would find nothing to say.
      frame[frame.length - moveBytes] = ticks.count & 0xff
      lines[i]!.server.frame(frame)
    }
  }
  call()
  server.tick()
  const before = wire.bytes
  call()
  server.tick()
  return { server, wire, call, bytesPerClient: (wire.bytes - before) / clients }
}

/** So many calls of `moveTo` by an avatar. */
export function moveFrame(id: number, seed: number, calls = 1): Uint8Array {
  const call = callFrame(id, moveBytes, w => {
    w.i16((seed * 37) % 1000)
    w.i16((seed * 91) % 1000)
    w.u32(seed)
  })
  return written(w => {
    for (let i = 0; i < calls; i++) w.raw(call)
  })
}
