/** The client half of WebSocket, the same in browsers and in Node. Nothing here may import from Node. */
import { openSocket, reasonOf, whenRefused } from '#websocket'
import { type Clock, systemClock, type Timer } from '../../lib/base/clock.ts'
import { ConnectionFailed } from '../../lib/base/errors.ts'
import type { Channel, ChannelReceiver, Dialer, Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { fromFrameCode, PATIENCE, toFrameCode, toFrameText } from './close-frame.ts'
import type { DialerTls, Refusal, Socket } from './platform.ts'

export type { DialerTls } from './platform.ts'

/** The ready state of an open WebSocket. */
const OPEN = 1

/** Options of `websocketDialer`. */
export interface DialerOptions {
  /** How long a connection may take to open, ms. @default 10,000 */
  readonly timeout?: number
  /** How a Node client deals with certificates. */
  readonly tls?: DialerTls
  /** Whose time the waiting takes. @default the platform's */
  readonly clock?: Clock
}

/** Dials `ws:` and `wss:` urls. `connect` does so by itself; make one to change its options. */
export function websocketDialer(options: DialerOptions = {}): Dialer {
  const { clock = systemClock, timeout = 10_000, tls } = options
  return {
    schemes: ['ws', 'wss'],
    dial: (url, accept, { maxFrame }) =>
      new Promise((resolve, reject) => {
        const failed = (reason: string, cause?: unknown): ConnectionFailed =>
          new ConnectionFailed(`Cannot connect to ${url}: ${reason}`, { cause })
        if (!/^wss?:\/\//i.test(url))
          throw failed('a WebSocket url begins with ws:// or wss://; other wires need { transport }.')
        let socket: Socket
        try {
          socket = openSocket(url, { maxFrame, tls })
        } catch (error) {
          throw failed((error as Error).message, error)
        }
        socket.binaryType = 'arraybuffer'
        const fail = (reason?: string, cause?: unknown): void => {
          timer.cancel()
          discard(socket)
          reject(failed(reason || 'no reason is known. Does the server run, and does it admit this page?', cause))
        }
        const timer = clock.after(timeout, () => fail(`no answer within ${timeout} ms.`))
        // Node 22 raises no `close` after the error of a connection that never was; others do, and add nothing.
        socket.onerror = event => fail(reasonOf(event, url), event.error)
        socket.onclose = () => fail()
        socket.onopen = () => {
          timer.cancel()
          const channel = new ClientChannel(socket, maxFrame, clock)
          try {
            channel.receiver = accept(channel)
            resolve()
          } catch (error) {
            channel.abort()
            reject(error)
          }
        }
      }),
  }
}

class ClientChannel implements Channel {
  readonly address = ''
  readonly network = true
  receiver: ChannelReceiver | null = null
  readonly #socket: Socket
  readonly #maxFrame: number
  readonly #clock: Clock
  #isOpen = true
  #hasEnded = false
  #own: Refusal | null = null
  #force: Timer | undefined

  constructor(socket: Socket, maxFrame: number, clock: Clock) {
    this.#socket = socket
    this.#maxFrame = maxFrame
    this.#clock = clock
    socket.onmessage = event => this.#message(event.data)
    socket.onerror = event =>
      whenRefused(event.error, refusal => {
        if (this.#leave(refusal.code)) this.#own = refusal
      })
    socket.onclose = event => this.#end(fromFrameCode(event.code), event.reason)
  }

  get buffered(): number {
    return this.#hasEnded ? 0 : this.#socket.bufferedAmount
  }

  send(frame: Frame): void {
    // A socket that closes counts what it is given as buffered, for ever.
    if (this.#isOpen && this.#socket.readyState === OPEN) this.#socket.send(frame.bytes)
  }

  close(code: number, text: string): void {
    if (!this.#leave(code)) return
    // What the other end said first stands.
    if (this.#socket.readyState === OPEN) this.#own = { code, text }
    this.#socket.close(toFrameCode(code), toFrameText(text))
  }

  abort(): void {
    this.#leave()
    this.#drop()
  }

  /** Takes nothing further. False where this side has said so before. With a code the other end is given time to follow. */
  #leave(code?: number): boolean {
    const wasOpen = this.#isOpen
    this.#isOpen = false
    if (wasOpen && code !== undefined) this.#force = this.#clock.after(PATIENCE, () => this.#drop())
    return wasOpen
  }

  #drop(): void {
    discard(this.#socket)
    this.#clock.soon(() => this.#end(undefined, ''))
  }

  #message(data: ArrayBuffer | string): void {
    if (!this.#isOpen) return
    if (typeof data === 'string') this.close(CloseReason.malformed, 'A text frame came; all frames are binary.')
    else if (data.byteLength > this.#maxFrame)
      this.close(
        CloseReason['too-large'],
        `A frame of ${data.byteLength} bytes is over the limit of ${this.#maxFrame}.`,
      )
    else this.receiver?.frame(new Uint8Array(data))
  }

  #end(code: number | undefined, text: string): void {
    if (this.#hasEnded) return
    this.#isOpen = false
    this.#hasEnded = true
    this.#force?.cancel()
    discard(this.#socket)
    const end = this.#own ?? { code, text }
    this.receiver?.end(end.code, end.text)
  }
}

/** Lets go of a socket: it is closed, and nothing that it still says is heard. */
function discard(socket: Socket): void {
  socket.onopen = socket.onmessage = socket.onclose = null
  // `ws` throws errors that nobody hears.
  socket.onerror = () => {}
  if (socket.terminate) socket.terminate()
  else socket.close()
}
