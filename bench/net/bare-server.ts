/** The control: a bare `ws` server that keeps each player's newest move and sends what is new to everyone. It checks nothing. */
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'

export interface BareOptions {
  /** When moves leave: every so many ms, at the end of each turn of the event loop, or each at once. */
  readonly flush: { readonly every: number } | { readonly turns: true; readonly atMostEvery: number } | 'relay'
  /** Frames are built once, header and all, and written to the sockets past `ws`. */
  readonly raw?: boolean
}

interface Player {
  readonly socket: WebSocket
  readonly wire: Duplex
  /** Who, where and when, as it is sent. */
  readonly entry: Buffer
  isNew: boolean
}

const size = 10

export function serve(http: Server, { flush, raw = false }: BareOptions): void {
  const players: Player[] = []
  const moved: Player[] = []

  const sendAll = (payload: Buffer): void => {
    if (!raw) for (const { socket } of players) socket.send(payload)
    else {
      const frame = framed(payload)
      for (const { wire } of players) wire.write(frame)
    }
  }
  const send = (): void => {
    if (moved.length === 0) return
    const payload = Buffer.allocUnsafe(moved.length * size)
    let at = 0
    for (const player of moved) {
      payload.set(player.entry, at)
      at += size
      player.isNew = false
    }
    moved.length = 0
    sendAll(payload)
  }
  const soon = scheduler(flush, send)

  new WebSocketServer({ server: http, perMessageDeflate: false }).on('connection', (socket, request) => {
    const player = { socket, wire: request.socket, entry: Buffer.alloc(size), isNew: false }
    player.entry.writeUInt16LE(players.length, 0)
    players.push(player)
    socket.send(player.entry.subarray(0, 2))
    socket.on('message', (message: Buffer) => {
      player.entry.set(message, 2)
      if (flush === 'relay') sendAll(Buffer.from(player.entry))
      else if (!player.isNew) {
        player.isNew = true
        moved.push(player)
        soon()
      }
    })
  })
}

/** Called at each first new move; runs `send` when `flush` says. */
function scheduler(flush: BareOptions['flush'], send: () => void): () => void {
  if (flush === 'relay') return () => {}
  if ('every' in flush) {
    setInterval(send, flush.every)
    return () => {}
  }
  let waits = false
  let last = 0
  const run = (): void => {
    waits = false
    last = performance.now()
    send()
  }
  return () => {
    if (waits) return
    waits = true
    const left = last + flush.atMostEvery - performance.now()
    if (left <= 0) setImmediate(run)
    else setTimeout(run, Math.ceil(left))
  }
}

/** A whole WebSocket message, unmasked and binary. */
export function framed(payload: Buffer): Buffer {
  const { length } = payload
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(header + length)
  frame[0] = 0x82
  if (header === 2) frame[1] = length
  else if (header === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.set(payload, header)
  return frame
}
