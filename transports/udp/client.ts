/** The Dialer: from an url to the addresses of a host, one after the other. */
import { lookup } from 'node:dns/promises'
import { type Clock, systemClock } from '../../lib/base/clock.ts'
import { ConnectionFailed } from '../../lib/base/errors.ts'
import type { Dialer } from '../../lib/link/transport.ts'
import { DEFAULT_PORT } from './packets.ts'
import { Pulse } from './pulse.ts'
import { Visit } from './visit.ts'

/** An address that does not answer is left for the next one after so long, ms. */
const MUTE = 1500

/** Options of `udpDialer`. */
export interface UdpDialerOptions {
  /** How long a connection may take to open, ms. @default 10,000 */
  readonly timeout?: number
  /** Whose time the waiting takes. @default the platform's */
  readonly clock?: Clock
}

/** Dials `udp:` urls, in Node. */
export function udpDialer(options: UdpDialerOptions = {}): Dialer {
  const { clock = systemClock, timeout = 10_000 } = options
  const pulse = new Pulse(clock)
  return {
    schemes: ['udp'],
    async dial(url, accept, { maxFrame }) {
      const failed = (reason: string, cause?: unknown): ConnectionFailed =>
        new ConnectionFailed(`Cannot connect to ${url}: ${reason}`, { cause })
      const { host, port } = placeOf(url, failed)
      const found = await lookup(host, { all: true, verbatim: true }).catch(error => {
        throw failed(error.code === 'ENOTFOUND' ? 'there is no such host (ENOTFOUND).' : error.message, error)
      })
      let reason = ''
      let left = timeout
      for (const [index, { address, family }] of found.entries()) {
        const began = pulse.now
        const visit = new Visit(address, port, family === 6, pulse, maxFrame)
        const outcome = await visit.open(accept, index < found.length - 1 ? Math.min(left / 2, MUTE) : left)
        if (outcome === null) return
        reason = outcome === 'silence' ? `no answer within ${timeout} ms. ${ADVICE}` : outcome
        left -= pulse.now - began
      }
      throw failed(reason)
    },
  }
}

const ADVICE = 'Does the server listen on UDP there, and do the firewalls between let UDP through?'

function placeOf(url: string, failed: (reason: string) => ConnectionFailed): { host: string; port: number } {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed?.protocol !== 'udp:' || parsed.hostname === '')
    throw failed('a UDP url is udp://host:port; other wires need another { transport }.')
  const port = parsed.port === '' ? DEFAULT_PORT : Number(parsed.port)
  if (port === 0) throw failed('nobody can listen on port 0.')
  return { host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'), port }
}
