/** Node's own WebSocket where it has one (22 and later), else the package `ws`. */
import { Buffer } from 'node:buffer'
import type { DialerTls, Socket, SocketOptions } from './platform.ts'
import { WebSocket as WsSocket, wsOptions } from './ws.ts'

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
