/**
 * The call path against a bare control: the same bytes decoded, kept and copied into one buffer per tick, without any check, object or zone.
 * Both run in this process, in turn, several times; the ratio is what counts. `npm run bench`
 */
import { Flags, field, type int16, NetworkObject, networkClass, type uint32 } from 'fieldcast'
import { createServer } from 'fieldcast/server'
import { Reader, Writer } from '../lib/base/bytes.ts'
import type { Channel, ChannelReceiver, Frame, Listener } from '../lib/link/transport.ts'
import * as messages from '../lib/protocol/messages.ts'
import * as Op from '../lib/protocol/opcodes.ts'
import { protocolVersion } from '../lib/protocol/version.ts'

@networkClass(10)
class Mover extends NetworkObject {
  x = 0
  y = 0
  at = 0

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  moveTo(x: int16, y: int16, at: uint32) {
    this.x = x
    this.y = y
    this.at = at
  }
}

const clients = 200
const ticks = 500
const rounds = 5

/** A wire that goes nowhere: frames are handed to the server by hand, and what it sends is counted. */
class Sink implements Listener {
  readonly receivers: ChannelReceiver[] = []
  bytes = 0
  frames = 0
  #accept: ((channel: Channel) => ChannelReceiver | null) | null = null

  async listen(accept: (channel: Channel) => ChannelReceiver | null): Promise<string> {
    this.#accept = accept
    return 'sink:'
  }

  async close(): Promise<void> {}

  dial(): void {
    const channel: Channel = {
      address: '',
      network: false,
      buffered: 0,
      send: (frame: Frame) => {
        this.bytes += frame.bytes.length
        this.frames++
      },
      close: () => {},
      abort: () => {},
    }
    this.receivers.push(this.#accept!(channel)!)
  }
}

const written = (put: (w: Writer) => void): Uint8Array => {
  const w = new Writer()
  put(w)
  return w.slice()
}

async function fieldcast(): Promise<() => void> {
  const sink = new Sink()
  const server = createServer({
    classes: [Mover],
    avatar: Mover,
    transports: [sink],
    tickRate: 'manual',
    limits: { callsPerSecond: 1e9, bytesPerSecond: 1e12, heartbeatMs: 0 },
  })
  await server.start()
  for (let i = 0; i < clients; i++) {
    sink.dial()
    sink.receivers[i]!.frame(
      written(w => {
        messages.putSelect(w, { protocol: protocolVersion, connectionType: 'game', hash: server.schemaHash })
        messages.putLogin(w, 'null')
      }),
    )
  }
  server.tick()
  const frames = [...server.clients.values()].map(({ avatar }) =>
    written(w => {
      w.u8(Op.Call)
      w.varint(0)
      w.varint(avatar!.id)
      w.varint(8)
      w.i16(3)
      w.i16(4)
      w.u32(5)
    }),
  )
  const tick = (): void => {
    for (let i = 0; i < clients; i++) sink.receivers[i]!.frame(frames[i]!)
    server.tick()
  }
  sink.bytes = 0
  tick()
  const perDelivery = sink.bytes / (clients * clients)
  if (!(perDelivery >= 8))
    throw new Error(`Only ${perDelivery} bytes arrive per call and client: the calls do not get through.`)
  console.log(`${perDelivery.toFixed(2)} bytes per delivered call`)
  return tick
}

function control(): () => void {
  const frame = written(w => {
    w.i16(3)
    w.i16(4)
    w.u32(5)
  })
  const newest = Array.from({ length: clients }, () => ({ x: 0, y: 0, at: 0 }))
  const out = new Writer(clients * 16)
  let frames = 0
  return () => {
    if (frames < 0) throw new RangeError('no bytes')
    const r = new Reader()
    for (let i = 0; i < clients; i++) {
      r.reset(frame)
      const entry = newest[i]!
      entry.x = r.i16()
      entry.y = r.i16()
      entry.at = r.u32()
    }
    out.reset()
    for (let i = 0; i < clients; i++) {
      const { x, y, at } = newest[i]!
      out.u16(i)
      out.i16(x)
      out.i16(y)
      out.u32(at)
    }
    frames = clients * out.slice().length
  }
}

function time(tick: () => void): number {
  const start = process.hrtime.bigint()
  for (let i = 0; i < ticks; i++) tick()
  return Number(process.hrtime.bigint() - start) / (ticks * clients)
}

const [ours, bare] = [await fieldcast(), control()]
time(ours)
time(bare)
const results = Array.from({ length: rounds }, () => ({ ours: time(ours), bare: time(bare) }))
const ratios = results.map(result => result.ours / result.bare).sort((a, b) => a - b)
const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!
console.log(`${clients} clients in one zone, each calls once a tick; ns per call, median of ${rounds}`)
console.log(
  `  fieldcast  ${median(results.map(result => result.ours)).toFixed(0)}   decode, checks, handler, keep, append, flush`,
)
console.log(`  bare       ${median(results.map(result => result.bare)).toFixed(0)}   decode, keep, append, flush`)
console.log(`  ratio      ${median(ratios).toFixed(2)}   (${ratios[0]!.toFixed(2)} to ${ratios.at(-1)!.toFixed(2)})`)
