/** A player on a bare UDP socket. */
import { createSocket } from 'node:dgram'
import type { Player } from './contestant.ts'
import type { Ear } from './ear.ts'
import { hear, moveBytes } from './moves.ts'

export function join(url: string, ear: Ear): Promise<Player> {
  const [host, port] = url.split(':')
  const socket = createSocket({ type: 'udp4', recvBufferSize: 2 << 20 })
  return new Promise((resolve, reject) => {
    let own = -1
    const knock = (): void => {
      if (own < 0) socket.send(Buffer.of(0))
    }
    const again = setInterval(knock, 200)
    socket.once('error', reject)
    socket.on('message', message => {
      if (message.length !== 2) return own < 0 ? undefined : hear(message, own, ear)
      own = message.readUInt16LE(0)
      clearInterval(again)
      resolve({ move: (x, y, at) => socket.send(moveBytes(x, y, at)) })
    })
    socket.connect(Number(port), host, knock)
  })
}
