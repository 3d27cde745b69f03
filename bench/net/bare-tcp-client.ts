/** A player on a bare TCP socket: what bare-client.ts says, each message with its length before it. */
import { connect } from 'node:net'
import type { Player } from './contestant.ts'
import type { Ear } from './ear.ts'

/** Bytes of a length, and of one move as a bare server sends it. */
const [header, size] = [4, 10]

export function join(url: string, ear: Ear): Promise<Player> {
  const [host, port] = url.split(':')
  const socket = connect({ host: host!, port: Number(port), noDelay: true })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    let rest: Buffer = Buffer.alloc(0)
    let own = -1
    const message = (body: Buffer): void => {
      if (own < 0) {
        own = body.readUInt16LE(0)
        return resolve({ move })
      }
      ear.frame(body.length)
      if (!ear.reads) return
      for (let at = 0; at + size <= body.length; at += size)
        ear.move(body.readUInt32LE(at + 6), body.readUInt16LE(at) === own)
    }
    socket.on('data', chunk => {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      let at = 0
      for (let end = 0; at + header <= bytes.length; at = end) {
        end = at + header + bytes.readUInt32LE(at)
        if (end > bytes.length) break
        message(bytes.subarray(at + header, end))
      }
      rest = bytes.subarray(at)
    })
    const move = (x: number, y: number, at: number): void => {
      const bytes = Buffer.allocUnsafe(12)
      bytes.writeUInt32LE(8, 0)
      bytes.writeInt16LE(x, 4)
      bytes.writeInt16LE(y, 6)
      bytes.writeUInt32LE(at, 8)
      socket.write(bytes)
    }
  })
}
