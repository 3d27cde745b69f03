/** One contestant of the entry: a server in a process of its own, whose only client leaves and enters a zone of 10,000 objects, over a socket. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Flags, field, type float32, NetworkObject, networkClass, type uint16 } from 'fieldcast'
import { createServer, type Server } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { WebSocketServer } from 'ws'
import { unhurried } from './arena.ts'
import type { Part } from './contestant.ts'
import { Writer } from './engine.ts'
import { HandWire } from './wire.ts'

@networkClass(40)
export class Tree extends NetworkObject {
  x = 0
  y = 0
  fruits = 0

  @field(Flags.Broadcast | Flags.RAM)
  standAt(x: float32, y: float32) {
    this.x = x
    this.y = y
  }

  @field(Flags.Broadcast | Flags.RAM)
  bear(fruits: uint16) {
    this.fruits = fruits
  }
}

export interface EntryArgument {
  /** `plain`: with `compression: false`. */
  readonly kind: 'fieldcast' | 'plain' | 'bare'
  readonly objects: number
}

export interface EntryResult {
  /** Longest turn of the event loop, ms of the processor. */
  readonly block: number
  /** Until the server has handed everything over, ms. */
  readonly handed: number
  /** Of the server's processor, until the client has told it that it has everything, ms. */
  readonly cpu: number
  /** Until the client had everything, by its own word to the server, ms. */
  readonly whole: number
  readonly bytes: number
}

/** What a contestant can do with its one client. */
interface Entering {
  /** Resolves when everything has been handed to the wire. */
  enter(): Promise<void>
  leave(): Promise<void>
  readonly bytes: number
}

export const part: Part<EntryArgument, EntryResult> = async ({ kind, objects }) => {
  const { entering, url } = await (kind === 'bare' ? bare(objects) : fieldcast(objects, kind === 'fieldcast'))
  const load = fork(new URL('./entry-load.ts', import.meta.url), [kind, url, String(objects)], {
    execArgv: process.execArgv,
  })
  process.on('exit', () => load.kill())
  await once(load, 'message')
  const { enter, leave, bytes } = await entering()
  const entered = async (probed: boolean): Promise<{ block: number; handed: number; cpu: number; whole: number }> => {
    const whole = once(load, 'message')
    await new Promise(resolve => setTimeout(resolve, 50))
    const probe = probed ? new Probe() : null
    const cpu = processorTime()
    const start = performance.now()
    await enter()
    const handed = performance.now() - start
    await whole
    const result = {
      block: probe?.end() ?? 0,
      handed,
      cpu: processorTime() - cpu,
      whole: performance.now() - start,
    }
    const gone = once(load, 'message')
    await leave()
    await gone
    return result
  }
  for (let i = 0; i < 5; i++) await entered(false)
  return async () => {
    const { block } = await entered(true)
    // Once more: the probe itself takes all the time there is.
    return { ...(await entered(false)), block, bytes }
  }
}

/**
 * The longest turn of the event loop, by asking for every turn. In processor time: the probe leaves the machine no rest, and whoever else wants
 * a core takes it in the middle of a turn.
 */
class Probe {
  #longest = 0
  #last = processorTime()
  #over = false

  constructor() {
    const look = (): void => {
      const now = processorTime()
      this.#longest = Math.max(this.#longest, now - this.#last)
      this.#last = now
      if (!this.#over) setImmediate(look)
    }
    setImmediate(look)
  }

  end(): number {
    this.#over = true
    return this.#longest
  }
}

/** Of this process so far, ms. */
function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e3
}

async function fill(server: Server, objects: number): Promise<void> {
  for (let i = 0; i < objects; i++)
    server.create(
      Tree,
      tree => {
        tree.send.standAt(i / 7, i / 3)
        tree.send.bear(i % 1000)
      },
      { zone: 1 },
    )
}

async function fieldcast(
  objects: number,
  deflates: boolean,
): Promise<{ entering: () => Promise<Entering>; url: string }> {
  const compression = deflates ? {} : false
  const server = createServer({ compression, classes: [Tree], transports: [websocket({ port: 0 })] })
  const [url] = await server.start()
  await fill(server, objects)
  // Bytes are counted on a wire of our own, once: sockets add a few of their own.
  const wire = new HandWire()
  const counted = createServer({ ...unhurried, compression, classes: [Tree], transports: [wire] })
  await counted.start()
  await fill(counted, objects)
  wire.login(counted, deflates)
  counted.tick()
  const before = wire.bytes
  const [counter] = counted.clients.values()
  let handed = false
  void counter!.zones.add(1).then(() => {
    handed = true
  })
  while (!handed) {
    counted.tick()
    await new Promise(setImmediate)
  }
  const bytes = wire.bytes - before
  await counted.stop()
  return {
    url: url!,
    entering: async () => {
      const [client] = server.clients.values()
      return { enter: () => client!.zones.add(1), leave: () => client!.zones.delete(1), bytes }
    },
  }
}

/** The same values in one frame, from a `ws` server that knows nothing else. */
async function bare(objects: number): Promise<{ entering: () => Promise<Entering>; url: string }> {
  const trees = Array.from({ length: objects }, (_, i) => ({ id: i, zone: 1, x: i / 7, y: i / 3, fruits: i % 1000 }))
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const frame = (): Uint8Array => {
    const w = new Writer(1024)
    for (const { id, zone, x, y, fruits } of trees) {
      w.u32(id)
      w.u32(zone)
      w.f32(x)
      w.f32(y)
      w.u16(fruits)
    }
    return w.slice()
  }
  return {
    url: `ws://127.0.0.1:${port}`,
    entering: async () => {
      const [socket] = server.clients
      return {
        enter: () => new Promise(resolve => socket!.send(frame(), () => resolve())),
        leave: async () => socket!.send(new Uint8Array()),
        bytes: frame().length,
      }
    },
  }
}
