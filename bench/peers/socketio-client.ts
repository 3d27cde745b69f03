/** A player with Socket.IO's own client. */
import { io } from 'socket.io-client'
import type { Player } from '../net/contestant.ts'
import type { Ear } from '../net/ear.ts'

export function join(url: string, ear: Ear): Promise<Player> {
  const socket = io(`http://${url}`, { transports: ['websocket'], forceNew: true })
  return new Promise((resolve, reject) => {
    socket.on('connect_error', reject)
    socket.once('id', (own: number) => {
      // Below the parser, where an incoming packet is still what came over the wire.
      socket.io.engine.on('data', data => ear.frame(data.length))
      socket.on('m', (id: number, _x: number, _y: number, at: number) => ear.move(at, id === own))
      resolve({ move: (x, y, at) => socket.emit('m', x, y, at) })
    })
  })
}
