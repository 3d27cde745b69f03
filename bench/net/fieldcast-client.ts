/** A player with the real client. One that does not read has its frames dropped before the client sees them, as if nothing had been said. */
import { connect } from 'fieldcast/client'
import { websocketDialer } from 'fieldcast/transports/websocket'
import type { Dialer } from '../../lib/link/transport.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import type { Player } from './contestant.ts'
import type { Ear } from './ear.ts'
import { Mover } from './model.ts'

/** A ping alone in its frame: it is answered, or the server would take the player for dead. */
const isPing = (frame: Uint8Array): boolean => frame[0] === Op.Ping && frame.length === 13
const silence = new Uint8Array(0)

class Heard extends Mover {
  ear: Ear | null = null
  isOwn = false

  override moveTo(x: number, y: number, at: number): void {
    this.x = x
    this.y = y
    this.at = at
    this.ear?.move(at, this.isOwn)
  }
}

/** The WebSocket dialer with an ear at its end. */
function overheard(ear: Ear, hasJoined: () => boolean): Dialer {
  const dialer = websocketDialer()
  return {
    dial: (url, accept, limits) =>
      dialer.dial(
        url,
        channel => {
          const receiver = accept(channel)
          return {
            frame(bytes) {
              ear.frame(bytes.length)
              receiver.frame(ear.reads || !hasJoined() || isPing(bytes) ? bytes : silence)
            },
            end: (code, text) => receiver.end(code, text),
          }
        },
        limits,
      ),
  }
}

export async function join(url: string, ear: Ear): Promise<Player> {
  let joined = false
  const client = await connect(`ws://${url}`, {
    classes: [Heard],
    transport: overheard(ear, () => joined),
    handshakeMs: 60_000,
    on: {
      enter: ({ object }) => {
        ;(object as Heard).ear = ear
      },
      close: ({ reason, text }) => {
        console.error(`A player of the load was put out: ${reason}, ${text}`)
        process.exit(1)
      },
    },
  })
  joined = true
  return {
    move(x, y, at) {
      const { avatar } = client
      avatar.isOwn = true
      avatar.send.moveTo(x, y, at)
    },
  }
}
