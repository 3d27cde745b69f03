/** The control over TCP: keeps each player's newest move and sends what is new to everyone, one buffer per tick for all. It checks nothing. */
import type { Server } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'

interface Player {
  readonly socket: Socket
  /** Who, where and when, as it is sent. */
  readonly entry: Buffer
  isNew: boolean
}

/** Bytes of a move as it comes, and as it goes. */
const [incoming, size] = [8, 10]

/** @param every ms between two ticks */
export function serve(_: Server, { every }: { readonly every: number }): Promise<string> {
  const players: Player[] = []
  const moved: Player[] = []

  setInterval(() => {
    if (moved.length === 0) return
    const frame = Buffer.allocUnsafe(4 + moved.length * size)
    frame.writeUInt32LE(frame.length - 4, 0)
    let at = 4
    for (const player of moved) {
      frame.set(player.entry, at)
      at += size
      player.isNew = false
    }
    moved.length = 0
    for (const { socket } of players) socket.write(frame)
  }, every)

  const server = createServer({ noDelay: true }, socket => {
    const player = { socket, entry: Buffer.alloc(size), isNew: false }
    player.entry.writeUInt16LE(players.length, 0)
    players.push(player)
    socket.write(Buffer.concat([Buffer.of(2, 0, 0, 0), player.entry.subarray(0, 2)]))
    let rest: Buffer = Buffer.alloc(0)
    socket.on('data', chunk => {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      const whole = bytes.length - (bytes.length % (4 + incoming))
      // Of several moves only the last will leave.
      if (whole > 0) player.entry.set(bytes.subarray(whole - incoming, whole), 2)
      rest = bytes.subarray(whole)
      if (whole === 0 || player.isNew) return
      player.isNew = true
      moved.push(player)
    })
  })
  return new Promise(resolve =>
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
      resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`),
    ),
  )
}
