/**
 * How a client comes to a connection by WebRTC, the same in browsers and in Node. Nothing here may import from Node, nor at run time what the first piece of a
 * client has: `connect` loads it late, and hands that over.
 */
import { openPeer, post } from '#webrtc'
import type { Clock } from '../../lib/base/clock.ts'
import type { ConnectionFailed } from '../../lib/base/errors.ts'
import type { Dialer } from '../../lib/link/transport.ts'
import type { DialerTls } from '../websocket/platform.ts'
import { RtcChannel } from './channel.ts'
import { DEFAULT_PATH, deaf, type IceServer, type OfferingPeer } from './peer.ts'

/** Options of `webrtcDialer`. */
export interface WebrtcDialerOptions {
  /** TURN servers, for players whose network lets no UDP through. The game's server needs no others to be reached. @default none */
  readonly iceServers?: readonly IceServer[]
  /** How long a connection may take to open, ms. @default 10,000 */
  readonly timeout?: number
  /** How a Node client deals with the certificate of `webrtcs:`. */
  readonly tls?: DialerTls
  /** Whose time the waiting takes. @default the platform's */
  readonly clock?: Clock
}

/** What is handed over. */
export interface DialerParts {
  readonly clock: Clock
  readonly ConnectionFailed: typeof ConnectionFailed
}

/** Dials `webrtc:` and `webrtcs:` urls. */
export function dialerOf(options: WebrtcDialerOptions, { clock, ConnectionFailed }: DialerParts): Dialer {
  const { timeout = 10_000, iceServers = [], tls } = options
  return {
    schemes: ['webrtc', 'webrtcs'],
    dial: (url, accept, { maxFrame }) =>
      new Promise((resolve, reject) => {
        const failed = (reason: string, cause?: unknown): ConnectionFailed =>
          new ConnectionFailed(`Cannot connect to ${url}: ${reason}`, { cause })
        const place = signallingUrl(url)
        if (!place) throw failed('a WebRTC url is written webrtc://host:port, or webrtcs:// where the server has TLS.')
        const signal = new AbortController()
        let peer: OfferingPeer | null = null
        let isAnswered = false
        let isOver = false
        const over = (): void => {
          isOver = true
          timer.cancel()
          signal.abort()
        }
        const fail = (reason: string, cause?: unknown): void => {
          if (isOver) return
          over()
          if (peer) peer.events = deaf
          peer?.close()
          reject(failed(reason, cause))
        }
        const timer = clock.after(timeout, () =>
          fail(
            isAnswered
              ? `the server answered, but its UDP packets did not come through within ${timeout} ms.`
              : `no answer within ${timeout} ms.`,
          ),
        )

        const opened = (open: OfferingPeer): void => {
          if (isOver) return
          over()
          const channel = new RtcChannel(open, '', maxFrame, clock)
          try {
            channel.receiver = accept(channel)
            resolve()
          } catch (error) {
            channel.abort()
            reject(error)
          }
        }
        const open = async (): Promise<void> => {
          const made = await openPeer({ iceServers })
          if (isOver) return made.close()
          peer = made
          peer.events = {
            ...deaf,
            opened: () => opened(made),
            ended: () => fail('the connection ended before it was open.'),
          }
          const { status, text } = await post(place, await peer.offer(), { signal: signal.signal, tls })
          if (isOver) return
          if (status !== 201) return fail(refusal(status, text))
          isAnswered = true
          await peer.take(text)
        }
        open().catch(error => fail((error as Error).message, error))
      }),
  }
}

function refusal(status: number, text: string): string {
  const [line = ''] = text.split('\n', 1)
  return `the server answered HTTP ${status}${line === '' || line.startsWith('<') ? '.' : `: ${line.slice(0, 200)}`}`
}

/** Where the offer goes; null for an url that is none. */
function signallingUrl(url: string): string | null {
  const [, secure, rest] = /^webrtc(s?):\/\/([^/?#].*)$/i.exec(url) ?? []
  const http = `http${secure?.toLowerCase()}://${rest}`
  if (rest === undefined || !URL.canParse(http)) return null
  const { origin, pathname, search } = new URL(http)
  return `${origin}${pathname === '/' ? DEFAULT_PATH : pathname}${search}`
}
