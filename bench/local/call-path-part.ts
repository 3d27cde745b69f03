/** One contestant of the call path: so many clients in one zone, each calls once a tick. */
import { createServer } from 'fieldcast/server'
import { memory } from 'fieldcast/transports/memory'
import { arena, moveFrame, unhurried } from './arena.ts'
import { BareArena, bareMoves } from './bare-arena.ts'
import type { Part } from './contestant.ts'
import { type Channel, type ChannelReceiver, Frame, messages, protocolVersion } from './engine.ts'
import { type MoverKind, movers } from './movers.ts'
import { HandWire } from './wire.ts'
import { written } from './written.ts'

export interface CallPathArgument {
  readonly wire: 'hand' | 'memory'
  readonly kind: MoverKind | 'bare'
  readonly clients: number
  readonly ticks: number
  /** Calls in each client's one frame a tick; over memory alone. @default 1 */
  readonly calls?: number
}

/** ns per call. */
export interface CallPathResult {
  readonly calls: number
  readonly flush: number
  readonly total: number
  /** Payload per call and receiver. */
  readonly bytes: number
}

/** What is done in a tick; over memory both halves end when the wire is quiet. */
interface Tick {
  calls(): void | Promise<void>
  flush(): void | Promise<void>
  /** To all receivers together, so far. */
  bytes(): number
}

export const part: Part<CallPathArgument, CallPathResult> = async argument => {
  const { wire, clients, ticks, calls: perFrame = 1 } = argument
  const tick = await (wire === 'hand' ? byHand(argument) : overMemory(argument))
  const round = async (ticks: number): Promise<CallPathResult> => {
    let calls = 0
    let flush = 0
    const bytes = tick.bytes()
    for (let i = 0; i < ticks; i++) {
      const start = performance.now()
      const pending = tick.calls()
      if (pending) await pending
      const middle = performance.now()
      const flushing = tick.flush()
      if (flushing) await flushing
      calls += middle - start
      flush += performance.now() - middle
    }
    const perCall = 1e6 / (ticks * clients * perFrame)
    return {
      calls: calls * perCall,
      flush: flush * perCall,
      total: (calls + flush) * perCall,
      bytes: (tick.bytes() - bytes) / (ticks * clients * perFrame * clients),
    }
  }
  // Until the compiler has seen it all.
  await round(Math.max(50, ticks >> 1))
  return () => round(ticks)
}

async function byHand({ kind, clients }: CallPathArgument): Promise<Tick> {
  if (kind !== 'bare') {
    const { call, server, wire } = await arena({ kind, clients })
    return { calls: call, flush: () => server.tick(), bytes: () => wire.bytes }
  }
  const bare = new BareArena(clients)
  const move = bareMoves(1)
  const wire = new HandWire()
  await wire.listen(() => ({ frame() {}, end() {} }))
  const lines = Array.from({ length: clients }, () => wire.dial())
  return {
    calls() {
      for (let i = 0; i < clients; i++) bare.receive(i, move)
    },
    flush() {
      const frame = new Frame(bare.tick())
      for (const { channel } of lines) channel.send(frame)
    },
    bytes: () => wire.bytes,
  }
}

/** The real memory transport, both ways: each client is a bare channel which counts what it is sent. */
async function overMemory({ kind, clients, calls: perFrame = 1 }: CallPathArgument): Promise<Tick> {
  const wire = memory()
  const channels: Channel[] = []
  let bytes = 0
  const dial = async (receiver: (channel: Channel) => ChannelReceiver): Promise<void> => {
    await wire.dial(
      'memory:',
      channel => {
        channels.push(channel)
        return receiver(channel)
      },
      { maxFrame: 1 << 24 },
    )
  }
  const count = (frame: Uint8Array): void => {
    bytes += frame.length
  }
  const send = (frames: readonly Uint8Array[]) => (): Promise<void> => {
    for (let i = 0; i < clients; i++) channels[i]!.send(new Frame(frames[i]!))
    return quiet
  }
  if (kind === 'bare') {
    const bare = new BareArena(clients)
    const near: Channel[] = []
    await wire.listen(
      channel => {
        const client = near.push(channel) - 1
        return { frame: bytes => bare.receive(client, bytes), end() {} }
      },
      { maxFrame: 1 << 20 },
    )
    for (let i = 0; i < clients; i++) await dial(() => ({ frame: count, end() {} }))
    return {
      calls: send(Array.from({ length: clients }, () => bareMoves(perFrame))),
      flush() {
        const frame = new Frame(bare.tick())
        for (const channel of near) channel.send(frame)
        return quiet
      },
      bytes: () => bytes,
    }
  }
  const avatar = movers[kind]
  const server = createServer({ ...unhurried, classes: [avatar], avatar, transports: [wire] })
  await server.start()
  const hello = written(w => {
    messages.putSelect(w, { protocol: protocolVersion, connectionType: 'game', hash: server.schemaHash })
    messages.putLogin(w, 'null')
  })
  for (let i = 0; i < clients; i++) {
    await dial(channel => {
      channel.send(new Frame(hello))
      return { frame: count, end() {} }
    })
    await quiet
  }
  server.tick()
  await quiet
  const frames = [...server.clients.values()].map(({ avatar }, i) => moveFrame(avatar!.id, i, perFrame))
  const calls = send(frames)
  let ticks = 0
  return {
    calls() {
      ticks++
      for (const frame of frames) frame[frame.length - 8] = ticks & 0xff
      return calls()
    },
    flush() {
      server.tick()
      return quiet
    },
    bytes: () => bytes,
  }
}

/** Awaited, it comes back behind every frame that is on a wire without delay: those are microtasks too. */
const quiet = Promise.resolve()
