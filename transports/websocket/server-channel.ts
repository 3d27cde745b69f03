/** The server's end of a WebSocket connection. */
import type { Buffer } from 'node:buffer'
import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '../../lib/base/clock.ts'
import type { Channel, ChannelReceiver, Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { type Turns, Writer } from '../writer.ts'
import { fromFrameCode, PATIENCE, toFrameCode, toFrameText } from './close-frame.ts'
import { rawFrame } from './raw-frame.ts'
import { SmallFrames } from './small-frames.ts'
import { refusalOf, type WebSocket } from './ws.ts'

/** The ready state of an open WebSocket. */
const OPEN = 1

/** Frames from so many bytes on are worth compressing. */
const DEFLATED = 512

/** What a browser says when its page is closed or left. A connection that is lost says nothing. */
const GOING_AWAY = 1001

/** Pings and pongs that a client may send per second: the protocol has its own heartbeat, and browsers send none. */
const CONTROL_FRAMES_PER_SECOND = 50

export class ServerChannel implements Channel {
  readonly address: string
  readonly network = true
  readonly compresses: boolean
  /** Null until `accept` has returned, and for good where it refused. */
  receiver: ChannelReceiver | null = null
  readonly #ws: WebSocket
  readonly #writer: Writer
  readonly #clock: Clock
  /** With deflate `ws` compresses in the background, so raw writes could overtake what it still holds. */
  readonly #deflates: boolean
  readonly #small: SmallFrames | null
  #state: 'open' | 'closing' | 'ended' = 'open'
  #own: { readonly code: number | undefined; readonly text: string } | null = null
  #force: Timer | null = null
  #controlFrames = 0
  #second = 0

  /** @param onEnd called after the receiver heard of the end, when the socket is gone. */
  constructor(
    ws: WebSocket,
    socket: Duplex,
    turns: Turns,
    address: string,
    clock: Clock,
    onEnd: (channel: ServerChannel) => void,
  ) {
    this.#ws = ws
    this.#writer = new Writer(socket, turns)
    this.#clock = clock
    this.#deflates = ws.extensions !== ''
    this.compresses = this.#deflates
    this.#small = this.#deflates ? null : new SmallFrames(socket, payload => this.#frame(payload))
    this.address = address
    ws.on('message', (data: Buffer, isBinary) => this.#message(data, isBinary))
    ws.on('ping', () => this.#control())
    ws.on('pong', () => this.#control())
    ws.on('error', error => this.#refuse(error))
    ws.on('close', (frameCode, text) => {
      this.#state = 'ended'
      this.#force?.cancel()
      const code = frameCode === GOING_AWAY ? CloseReason.left : fromFrameCode(frameCode)
      const end = this.#own ?? { code, text: text.toString() }
      this.receiver?.end(end.code, end.text)
      onEnd(this)
    })
  }

  get buffered(): number {
    if (this.#state === 'ended') return 0
    return this.#deflates ? this.#ws.bufferedAmount : this.#writer.buffered
  }

  send(frame: Frame): void {
    // `ws` leaves the state OPEN by itself, when the peer closes: after its close frame no byte may follow.
    if (this.#state !== 'open' || this.#ws.readyState !== OPEN) return
    // `ws` would compress the shortest, too: its own threshold counts only where each message is compressed by itself. All compression of a process waits in one line.
    if (this.#deflates) this.#ws.send(frame.bytes, { compress: frame.bytes.length >= DEFLATED })
    else this.#writer.write(rawFrame(frame))
  }

  close(code: number, text: string): void {
    if (!this.#leave(code, text)) return
    this.#ws.close(toFrameCode(code), toFrameText(text))
    this.#force = this.#clock.after(PATIENCE, () => this.#ws.terminate())
  }

  abort(): void {
    this.#leave(undefined, '')
    this.#ws.terminate()
  }

  /** Ends the connection from this side; false when it ends already. What the peer said first stands. */
  #leave(code: number | undefined, text: string): boolean {
    if (this.#state !== 'open') return false
    this.#state = 'closing'
    this.#small?.release()
    if (this.#ws.readyState === OPEN || code === undefined) this.#own = { code, text }
    return true
  }

  #message(data: Buffer, isBinary: boolean): void {
    if (this.#state !== 'open') return
    if (isBinary) this.#frame(new Uint8Array(data.buffer, data.byteOffset, data.length))
    else this.close(CloseReason.malformed, 'A text frame came; all frames are binary.')
  }

  #frame(payload: Uint8Array): boolean {
    this.receiver?.frame(payload)
    return this.#state === 'open'
  }

  #control(): void {
    const second = Math.floor(this.#clock.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#controlFrames = 0
    }
    if (++this.#controlFrames > CONTROL_FRAMES_PER_SECOND)
      this.close(CloseReason.rate, `More than ${CONTROL_FRAMES_PER_SECOND} pings and pongs came in one second.`)
  }

  /** `ws` found bytes that it does not take, and has sent its own close frame already. */
  #refuse(error: Error): void {
    this.#small?.drop()
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#own = refusalOf(error)
    this.#force = this.#clock.after(PATIENCE, () => this.#ws.terminate())
  }
}
