/** A player with the real client. One that does not read has its frames dropped before the client sees them, as if nothing had been said. */
import { connect } from 'fieldcast/client'
import { websocketDialer } from 'fieldcast/transports/websocket'
import { ackBytes, type Channel, type Dialer, Frame, frameCost, messages, Op, Writer } from '../local/engine.ts'
import type { Join, Player } from './contestant.ts'
import type { Ear } from './ear.ts'
import { Mover } from './model.ts'

/** A ping alone in its frame: it is answered, or the server would take the player for dead. */
const isPing = (frame: Uint8Array): boolean => frame[0] === Op.Ping && frame.length <= 18
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

/** A dialer with an ear at its end. */
function overheard(dialer: Dialer, ear: Ear, hasJoined: () => boolean): Dialer {
  return {
    dial: (url, accept, limits) =>
      dialer.dial(
        url,
        channel => {
          const receiver = accept(channel)
          const receipts = new Receipts(channel)
          return {
            frame(bytes) {
              ear.frame(bytes.length)
              const isRead = ear.reads || !hasJoined() || isPing(bytes)
              receipts.count(bytes, isRead)
              receiver.frame(isRead ? bytes : silence)
            },
            datagram(bytes) {
              ear.frame(bytes.length)
              if (ear.reads || !hasJoined()) receiver.datagram!(bytes)
            },
            end: (code, text) => receiver.end(code, text),
          }
        },
        limits,
      ),
  }
}

/** Acknowledges what the client does not see, as it would: the server keeps what nobody has acknowledged. */
class Receipts {
  readonly #channel: Channel
  #heard = 0
  #unsaid = 0

  constructor(channel: Channel) {
    this.#channel = channel
  }

  count(frame: Uint8Array, isRead: boolean): void {
    if (frame[0]! <= Op.Welcome) return
    this.#heard++
    if (isRead) return
    this.#unsaid += frame.length + frameCost
    if (this.#unsaid < ackBytes) return
    this.#unsaid = 0
    const ack = new Writer(8)
    messages.putAck(ack, this.#heard)
    this.#channel.send(new Frame(ack.slice()))
  }
}

export const join: Join = joinBy('ws', websocketDialer())

/** A player's half that comes by another wire. */
export function joinBy(scheme: string, dialer: Dialer): Join {
  return (url, ear) => enter(`${scheme}://${url}`, dialer, ear)
}

async function enter(url: string, dialer: Dialer, ear: Ear): Promise<Player> {
  let joined = false
  const client = await connect(url, {
    classes: [Heard],
    transport: overheard(dialer, ear, () => joined),
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
