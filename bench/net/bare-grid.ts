/** The control for many zones: a bare `ws` server with the same grid. Each client gets one frame per tick with what is new in the cells around it. */
import type { Server } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import { around, zoneAt } from './grid.ts'

interface Player {
  readonly socket: WebSocket
  /** Who, where and when, as it is sent. */
  readonly entry: Buffer
  zone: number
  isNew: boolean
}

const size = 10

/** @param options.arenas So many cells instead, each with its share of the players, who stay where they are and see the own cell alone. */
export function serve(http: Server, { arenas = 0 }: { readonly arenas?: number }): void {
  const seen = arenas > 0 ? Array.from({ length: arenas }, (_, zone) => [zone]) : around
  const players: Player[] = []
  const moved: Player[] = []
  const cells = seen.map((): Player[] => [])
  const none = Buffer.alloc(0)

  setInterval(() => {
    for (const player of moved) {
      cells[player.zone]!.push(player)
      player.isNew = false
    }
    moved.length = 0
    const news = cells.map(cell => {
      if (cell.length === 0) return none
      const entries = Buffer.concat(cell.map(({ entry }) => entry))
      cell.length = 0
      return entries
    })
    for (const { socket, zone } of players) {
      const near = seen[zone]!
      let length = 0
      for (const index of near) length += news[index]!.length
      if (length === 0) continue
      const payload = Buffer.allocUnsafe(length)
      let at = 0
      for (const index of near) {
        payload.set(news[index]!, at)
        at += news[index]!.length
      }
      socket.send(payload)
    }
  }, 50)

  new WebSocketServer({ server: http, perMessageDeflate: false }).on('connection', socket => {
    const player: Player = {
      socket,
      entry: Buffer.alloc(size),
      zone: arenas > 0 ? players.length % arenas : 0,
      isNew: false,
    }
    player.entry.writeUInt16LE(players.length, 0)
    players.push(player)
    socket.send(player.entry.subarray(0, 2))
    socket.on('message', (message: Buffer) => {
      player.entry.set(message, 2)
      if (arenas === 0) player.zone = zoneAt(message.readInt16LE(0), message.readInt16LE(2))
      if (player.isNew) return
      player.isNew = true
      moved.push(player)
    })
  })
}
