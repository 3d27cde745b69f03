/** The HTTP under WebSocket: an own server with its timeouts, and what is answered to requests that are turned away. */
import { createServer, type Server, STATUS_CODES } from 'node:http'
import {
  createServer as createSecureServer,
  type Server as SecureServer,
  type ServerOptions as SecureServerOptions,
} from 'node:https'
import type { Duplex } from 'node:stream'

/** What a connection may take until it has sent its request, or finished its TLS handshake, ms. */
const REQUEST_TIMEOUT = 10_000

/**
 * A server that answers every plain request with 426.
 *
 * @param patience for a request or a TLS handshake, ms.
 */
export function createHttpServer(
  tls: SecureServerOptions | undefined,
  patience: number = REQUEST_TIMEOUT,
): Server | SecureServer {
  const timeouts = {
    headersTimeout: patience,
    requestTimeout: patience,
    keepAliveTimeout: 1000,
    connectionsCheckingInterval: patience / 5,
  }
  const server = tls
    ? createSecureServer({ handshakeTimeout: patience, minVersion: 'TLSv1.2', ...timeouts, ...tls })
    : createServer(timeouts)
  server.on('request', (_request, response) => {
    response.writeHead(426, {
      'Content-Type': 'text/plain; charset=utf-8',
      Upgrade: 'websocket',
      Connection: 'Upgrade, close',
    })
    response.end('This is a game server: it speaks WebSocket only.\n')
  })
  return server
}

/** Answers an upgrade request with a status and a line of text, and ends its socket. */
export function refuse(socket: Duplex, status: number, text: string): void {
  const body = `${text}\n`
  socket.on('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
