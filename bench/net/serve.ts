/** The server's process: one contestant, and what it costs. */
import { subscribe } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { GCProfiler } from 'node:v8'
import { answer } from '../kit/child.ts'
import type { Serve } from './contestant.ts'
import { countUdp, tally } from './tally.ts'

/** What a server has spent between `start` and `stop`. */
export interface Spent {
  /** User and system time, µs. */
  readonly cpu: number
  /** To all sockets, frame headers included. */
  readonly bytes: number
  /** On the V8 heap, garbage included; buffers' own memory is elsewhere. */
  readonly allocated: number
}

export interface Memory {
  readonly heap: number
  readonly external: number
  readonly rss: number
}

const http = createServer()
const sockets = new Set<Socket>()
let gone = 0
// Of every server in this process, whatever listens.
subscribe('net.server.socket', message => {
  const { socket } = message as { readonly socket: Socket }
  sockets.add(socket)
  socket.once('close', () => {
    sockets.delete(socket)
    gone += socket.bytesWritten
  })
})
countUdp()
const written = (): number => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, gone + tally.bytes)

interface Start {
  readonly profiler: GCProfiler
  readonly heap: number
  readonly cpu: NodeJS.CpuUsage
  readonly bytes: number
}
let start: Start | null = null

/** What was allocated between collections: the heap before each, less the heap after the one before it. */
function allocated({ profiler, heap }: Start): number {
  const { statistics } = profiler.stop() as {
    statistics: { beforeGC: { heapStatistics: Heap }; afterGC: { heapStatistics: Heap } }[]
  }
  let last = heap
  let sum = 0
  for (const { beforeGC, afterGC } of statistics) {
    sum += beforeGC.heapStatistics.usedHeapSize - last
    last = afterGC.heapStatistics.usedHeapSize
  }
  return sum + process.memoryUsage().heapUsed - last
}
interface Heap {
  readonly usedHeapSize: number
}

answer({
  async open({ module, options }: { module: string; options: unknown }): Promise<string> {
    const { serve } = (await import(new URL(`../${module}`, import.meta.url).href)) as { serve: Serve }
    const elsewhere = await serve(http, options)
    if (elsewhere) return elsewhere
    // 511, Node's own backlog, is less than a crowd that comes at once.
    if (!http.listening)
      await new Promise<void>(resolve => http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
    return `127.0.0.1:${(http.address() as AddressInfo).port}`
  },
  start() {
    const profiler = new GCProfiler()
    profiler.start()
    start = { profiler, heap: process.memoryUsage().heapUsed, bytes: written(), cpu: process.cpuUsage() }
  },
  stop(): Spent {
    const { user, system } = process.cpuUsage(start!.cpu)
    return { cpu: user + system, bytes: written() - start!.bytes, allocated: allocated(start!) }
  },
  async memory(): Promise<Memory> {
    // Finalizers and what they free take some turns.
    for (let i = 0; i < 5; i++) {
      globalThis.gc?.()
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    const { heapUsed, external, rss } = process.memoryUsage()
    return { heap: heapUsed, external, rss }
  },
})
