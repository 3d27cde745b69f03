/** The control over UDP: keeps each player's newest move and sends what is new to everyone, in packets that no network cuts. It checks nothing, and what is lost is lost. */
import { createSocket } from 'node:dgram'
import type { Server } from 'node:http'
import { Moves } from './moves.ts'

interface Player {
  readonly index: number
  readonly port: number
  readonly address: string
}

/** @param every ms between two ticks */
export function serve(_: Server, { every }: { readonly every: number }): Promise<string> {
  const players = new Map<string, Player>()
  const moves = new Moves()
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: 2 << 20,
    sendBufferSize: 2 << 20,
    // Addresses are numbers here: the system's look-up would cost each packet a turn.
    lookup: (host, _options, found) => found(null, host, 4),
  })
  socket.on('message', (message, { port, address }) => {
    const name = `${address}:${port}`
    const player = players.get(name)
    if (player && message.length === 8) return moves.take(player.index, message)
    const index = player?.index ?? moves.add()
    players.set(name, player ?? { index, port, address })
    // A first packet, perhaps once more: what it is answered with may be lost too.
    socket.send(Buffer.of(index & 0xff, index >> 8), port, address)
  })
  setInterval(() => {
    for (const packet of moves.packets())
      for (const { port, address } of players.values()) socket.send(packet, port, address)
  }, every)
  return new Promise(resolve => socket.bind(0, '127.0.0.1', () => resolve(`127.0.0.1:${socket.address().port}`)))
}
