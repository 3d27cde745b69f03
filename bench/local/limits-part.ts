/** One contestant of `limits`: the arena of the call path over no wire, with all, some or none of the limits that each call is counted against. */
import { createServer, type Server } from 'fieldcast/server'
import { moveBytes, moveFrame, unhurried } from './arena.ts'
import type { Part } from './contestant.ts'
import { Gauges, Op } from './engine.ts'
import { Mover, RatedMover } from './movers.ts'
import { HandWire, type Line } from './wire.ts'
import { written } from './written.ts'

/** What counts a call: the bytes of its frame, the calls of its client, those of its field, and how its client stands. */
export const counts = ['bytes', 'calls', 'field', 'standing'] as const
export type Count = (typeof counts)[number]

export interface LimitsArgument {
  readonly counts: readonly Count[]
  readonly clients: number
  readonly ticks: number
}

/** ns per call: decode, checks, handler, keep and append. Of the ticks of a round the median: what else the machine does weighs more than a limit. */
export type LimitsResult = number

export const part: Part<LimitsArgument, LimitsResult> = async ({ counts, clients, ticks }) => {
  // No option leaves a count out altogether: an endless rate is counted too.
  if (!counts.includes('bytes')) Gauges.prototype.takeBytes = () => true
  if (!counts.includes('calls')) Gauges.prototype.takeCall = () => true
  const avatar = counts.includes('field') ? RatedMover : Mover
  const wire = new HandWire()
  const server = createServer({ ...unhurried, classes: [avatar], avatar, transports: [wire], violations: 'ignore' })
  await server.start()
  const lines = Array.from({ length: clients }, () => wire.login(server))
  server.tick()
  if (counts.includes('standing')) misbehave(server, lines)
  const frames = [...server.clients.values()].map(({ avatar }, i) => moveFrame(avatar!.id, i))
  let tick = 0
  const round = (ticks: number): number => {
    const took = new Float64Array(ticks)
    for (let i = 0; i < ticks; i++) {
      tick++
      const start = performance.now()
      for (let k = 0; k < clients; k++) {
        const frame = frames[k]!
        frame[frame.length - moveBytes] = tick & 0xff
        lines[k]!.server.frame(frame)
      }
      took[i] = performance.now() - start
      server.tick()
    }
    return (took.sort()[ticks >> 1]! * 1e6) / clients
  }
  // Until the compiler has seen it all.
  round(Math.max(500, ticks))
  return () => round(ticks)
}

/** Each client breaks one rule, which is ignored: from then on its standing is looked at, which is still good. */
function misbehave(server: Server, lines: readonly Line[]): void {
  let violations = 0
  server.on('violation', () => violations++)
  const nobody = written(w => {
    w.u8(Op.Delete)
    w.varint(1_000_000)
  })
  for (const { server } of lines) server.frame(nobody)
  if (violations !== lines.length) throw new Error(`${violations} violations of ${lines.length}.`)
}
