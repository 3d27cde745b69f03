/** The arena in Socket.IO: each move is sent on to everyone, with names as short as can be. */
import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'

export function serve(http: HttpServer): void {
  const io = new Server(http, { transports: ['websocket'] })
  let players = 0
  io.on('connection', socket => {
    const id = players++
    socket.emit('id', id)
    socket.on('m', (x: number, y: number, at: number) => io.emit('m', id, x, y, at))
  })
}
