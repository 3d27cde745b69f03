/** The arena in Colyseus, in both of its ways: a state that is patched 20 times a second, or each move as a message to all. */
import type { Server as HttpServer } from 'node:http'
import { type Client, Room, Server } from '@colyseus/core'
import { schema, t } from '@colyseus/schema'
import { WebSocketTransport } from '@colyseus/ws-transport'

interface Move {
  readonly x: number
  readonly y: number
  readonly at: number
}

const Player = schema({ x: t.int16(), y: t.int16(), at: t.uint32() }, 'Player')
const State = schema({ players: t.map(Player) }, 'State')

class StateRoom extends Room {
  override state = new State()
  override patchRate = 50

  override onCreate(): void {
    this.onMessage('move', (client: Client, { x, y, at }: Move) => {
      Object.assign(this.state.players.get(client.sessionId)!, { x, y, at })
    })
  }

  override onJoin(client: Client): void {
    this.state.players.set(client.sessionId, new Player())
  }

  override onLeave(client: Client): void {
    this.state.players.delete(client.sessionId)
  }
}

/** As lean as messages get: numbers for names, lists for objects. */
class MessageRoom extends Room {
  readonly #numbers = new Map<Client, number>()

  override onCreate(): void {
    this.onMessage(0, (client: Client, [x, y, at]: readonly number[]) => {
      this.broadcast(0, [this.#numbers.get(client), x, y, at])
    })
    // A client asks who it is: what is sent before it listens would be lost.
    this.onMessage(1, (client: Client) => client.send(1, this.#numbers.get(client)))
  }

  override onJoin(client: Client): void {
    this.#numbers.set(client, this.#numbers.size)
  }
}

export async function serve(http: HttpServer, { room }: { readonly room: 'state' | 'messages' }): Promise<void> {
  const server = new Server({ transport: new WebSocketTransport({ server: http }), greet: false })
  server.define('arena', room === 'state' ? StateRoom : MessageRoom)
  await server.listen(0, '127.0.0.1', 4096)
}
