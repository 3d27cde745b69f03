/** Node's own WebSocket where it has one (22 and later), else the package `ws`. */
import { Buffer } from 'node:buffer'
import { closedEarly, tlsReason, websocketWords } from '../tls-reasons.ts'
import type { DialerTls, Refusal, Socket, SocketFailure, SocketOptions } from './platform.ts'
import { refusalOf, WebSocket as WsSocket, wsOptions } from './ws.ts'

/** Starts to connect. Throws where the url is no WebSocket url. */
export function openSocket(url: string, options: SocketOptions): Socket {
  const Platform: typeof WebSocket | undefined = globalThis.WebSocket
  // Node's own takes no TLS options.
  if (Platform && !options.tls) return new Platform(url) as unknown as Socket
  return new WsSocket(url, {
    ...wsOptions(options.maxFrame),
    ...(options.tls && pem(options.tls)),
  }) as unknown as Socket
}

function pem({ ca, cert, key, ...rest }: DialerTls): object {
  const files = Object.entries({ ca, cert, key }).filter(([, value]) => value !== undefined)
  return { ...rest, ...Object.fromEntries(files.map(([name, value]) => [name, Buffer.from(value as Uint8Array)])) }
}

/** Why a connection did not come about, as far as the platform tells. */
export function reasonOf(event: SocketFailure, url: string): string {
  const codes: string[] = []
  for (let error: any = event.error; error && codes.length < 8; error = error.cause)
    if (error.code) codes.push(error.code)
  const code = codes.at(-1)
  if (code === 'ECONNREFUSED') return 'nobody listens there (ECONNREFUSED).'
  if (code === 'ENOTFOUND') return 'there is no such host (ENOTFOUND).'
  const message = event.message || event.error?.message || ''
  const ofTls = tlsReason(code, message, websocketWords)
  if (ofTls) return ofTls
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET')
    return closedEarly(/^wss:/i.test(url), websocketWords)
  if (code?.startsWith('HPE_')) return `what answers there does not speak HTTP. Is its url tcp:// or wss://? (${code})`
  const status = /Unexpected server response: (\d+)/.exec(message)?.[1]
  if (status) return `the server answered HTTP ${status}${status in statuses ? `: ${statuses[status]}` : '.'}`
  return message && code ? `${message} (${code}).` : message
}

/** Where an error says that the wire refused bytes, `then` hears of it. */
export function whenRefused(error: unknown, then: (refusal: Refusal) => void): void {
  const refusal = refusalOf(error)
  if (refusal) then(refusal)
}

const statuses: Record<string, string> = {
  400: 'it speaks no WebSocket. Is its url tcp:// or tls://, or is this another server?',
  403: 'it does not admit this origin.',
  404: 'nothing is served at this path.',
  503: 'it takes no connection now.',
}
