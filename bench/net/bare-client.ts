/** A player on a bare `ws` socket: 8 bytes up; down, runs of 10 bytes (who, where, when) behind a first message that says who one is. */
import { WebSocket } from 'ws'
import type { Player } from './contestant.ts'
import type { Ear } from './ear.ts'

/** Bytes of one move as a bare server sends it. */
const size = 10

export function join(url: string, ear: Ear): Promise<Player> {
  const socket = new WebSocket(`ws://${url}`, { perMessageDeflate: false, skipUTF8Validation: true })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('message', (greeting: Buffer) => {
      const own = greeting.readUInt16LE(0)
      socket.on('message', (frame: Buffer) => {
        ear.frame(frame.length)
        if (!ear.reads) return
        for (let at = 0; at + size <= frame.length; at += size)
          ear.move(frame.readUInt32LE(at + 6), frame.readUInt16LE(at) === own)
      })
      resolve({
        move(x, y, at) {
          const bytes = Buffer.allocUnsafe(8)
          bytes.writeInt16LE(x, 0)
          bytes.writeInt16LE(y, 2)
          bytes.writeUInt32LE(at, 4)
          socket.send(bytes)
        },
      })
    })
  })
}
