/** The client half of WebSocket, the same in browsers and in Node. Nothing here may import from Node. */
import { openSocket } from '#websocket'
import { type Clock, systemClock, type Timer } from '../../lib/base/clock.ts'
import { ConnectionFailed } from '../../lib/base/errors.ts'
import type { Channel, ChannelReceiver, Dialer, Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { fromFrameCode, fromRefusal, PATIENCE, toFrameCode, toFrameText } from './close-frame.ts'
import type { DialerTls, Socket } from './platform.ts'

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
    dial: (url, accept, { maxFrame }) =>
      new Promise((resolve, reject) => {
        if (!/^wss?:\/\//i.test(url))
          throw new ConnectionFailed(`Cannot connect to ${url}: a WebSocket url begins with ws:// or wss://.`)
        let socket: Socket
        try {
          socket = openSocket(url, { maxFrame, tls })
        } catch (error) {
          throw new ConnectionFailed(`Cannot connect to ${url}: ${(error as Error).message}`, { cause: error })
        }
        socket.binaryType = 'arraybuffer'
        let cause: unknown
        let why = ''
        const fail = (reason: string): void => {
          timer.cancel()
          discard(socket)
          reject(new ConnectionFailed(`Cannot connect to ${url}: ${reason}`, { cause }))
        }
        const timer = clock.after(timeout, () => fail(`no answer within ${timeout} ms.`))
        socket.onerror = event => {
          cause = event.error
          why = explain(event)
        }
        socket.onclose = () =>
          fail(
            why ||
              'no reason is known (browsers hide it). Does the server run, and does it admit pages of this origin?',
          )
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
  #state: 'open' | 'closing' | 'ended' = 'open'
  #own: { readonly code: number | undefined; readonly text: string } | null = null
  #force: Timer | null = null

  constructor(socket: Socket, maxFrame: number, clock: Clock) {
    this.#socket = socket
    this.#maxFrame = maxFrame
    this.#clock = clock
    socket.onopen = null
    socket.onmessage = event => this.#message(event.data)
    socket.onerror = event => this.#error(event.error)
    socket.onclose = event => this.#end(fromFrameCode(event.code), event.reason)
  }

  get buffered(): number {
    return this.#state === 'ended' ? 0 : this.#socket.bufferedAmount
  }

  send(frame: Frame): void {
    // A socket that closes counts what it is given as buffered, for ever.
    if (this.#state === 'open' && this.#socket.readyState === OPEN) this.#socket.send(frame.bytes)
  }

  close(code: number, text: string): void {
    if (this.#state !== 'open') return
    this.#leave(code, text)
    this.#socket.close(toFrameCode(code), toFrameText(text))
  }

  abort(): void {
    if (this.#state === 'ended') return
    this.#leave(undefined, '')
    this.#drop()
  }

  /** Ends the connection from this side. What was said first, here or there, stands. */
  #leave(code: number | undefined, text: string): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    if (this.#socket.readyState === OPEN || code === undefined) this.#own = { code, text }
    if (code !== undefined) this.#force = this.#clock.after(PATIENCE, () => this.#drop())
  }

  #drop(): void {
    discard(this.#socket)
    this.#clock.soon(() => this.#end(undefined, ''))
  }

  #message(data: ArrayBuffer | string): void {
    if (this.#state !== 'open') return
    if (typeof data === 'string') this.close(CloseReason.malformed, 'A text frame came; all frames are binary.')
    else if (data.byteLength > this.#maxFrame)
      this.close(
        CloseReason['too-large'],
        `A frame of ${data.byteLength} bytes is over the limit of ${this.#maxFrame}.`,
      )
    else this.receiver?.frame(new Uint8Array(data))
  }

  #error(error: unknown): void {
    const refusal = fromRefusal(error)
    if (!refusal || this.#state !== 'open') return
    this.#leave(refusal.code, refusal.text)
    this.#own = refusal
  }

  #end(code: number | undefined, text: string): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
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

/** The reason of a failed connection, as far as the platform tells. */
function explain(event: { message?: string; error?: { message?: string; code?: string; cause?: unknown } }): string {
  const codes: string[] = []
  for (let error: any = event.error; error && codes.length < 8; error = error.cause)
    if (error.code) codes.push(error.code)
  const code = codes.at(-1)
  if (code === 'ECONNREFUSED') return 'nobody listens there (ECONNREFUSED).'
  if (code === 'ENOTFOUND') return 'there is no such host (ENOTFOUND).'
  const message = event.message || event.error?.message || ''
  const status = /Unexpected server response: (\d+)/.exec(message)?.[1]
  if (status) return `the server answered HTTP ${status}${status in statuses ? `: ${statuses[status]}` : '.'}`
  return message && code ? `${message} (${code}).` : message
}

const statuses: Record<string, string> = {
  403: 'it does not admit this origin.',
  404: 'nothing is served at this path.',
  503: 'it takes no connection now.',
}
