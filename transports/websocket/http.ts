/** The HTTP under WebSocket: an own server with its timeouts, and what is answered to requests that are turned away. */
import { createServer, type Server, STATUS_CODES } from 'node:http'
import {
  createServer as createSecureServer,
  type Server as SecureServer,
  type ServerOptions as SecureServerOptions,
} from 'node:https'
import type { Duplex } from 'node:stream'
import { ConnectionFailed } from '../../lib/base/errors.ts'

/** What a connection may take until it has sent its request, or finished its TLS handshake, ms. */
const REQUEST_TIMEOUT = 10_000

/** A server that answers every plain request with 426. */
export function createHttpServer(tls: SecureServerOptions | undefined): Server | SecureServer {
  const timeouts = {
    headersTimeout: REQUEST_TIMEOUT,
    requestTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: 1000,
    connectionsCheckingInterval: 2000,
  }
  const server = tls
    ? createSecureServer({ handshakeTimeout: REQUEST_TIMEOUT, ...timeouts, ...tls })
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

/** Where a server listens. */
export interface Place {
  readonly port: number
  readonly host: string | undefined
  readonly backlog: number | undefined
}

/** Listens at `place`. Rejects with ConnectionFailed, which says what to do. */
export function bind(server: Server | SecureServer, place: Place): Promise<void> {
  const { port, host, backlog } = place
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void =>
      reject(new ConnectionFailed(whyNot(error, place), { cause: error }))
    const closed = (): void => reject(new ConnectionFailed('The server was closed before it listened.'))
    server.once('error', fail)
    server.once('close', closed)
    server.listen({ port, ...(host !== undefined && { host }), ...(backlog !== undefined && { backlog }) }, () => {
      server.removeListener('error', fail)
      server.removeListener('close', closed)
      // A failed accept (no file descriptor left) is over when one is free again; unheard, it would end the process.
      server.on('error', () => {})
      resolve()
    })
  })
}

function whyNot(error: NodeJS.ErrnoException, { port, host }: Place): string {
  const where = `port ${port}${host === undefined ? '' : ` of ${host}`}`
  switch (error.code) {
    case 'EADDRINUSE':
      return `Cannot listen: ${where} is in use. Stop the program that holds it, or choose another port: websocket({ port }).`
    case 'EACCES':
      return `Cannot listen: ${where} needs rights that this process lacks. Choose a port above 1023: websocket({ port }).`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `Cannot listen: ${host} is no address of this machine. Leave out { host }, or name one that is.`
    default:
      return `Cannot listen on ${where}: ${error.message}`
  }
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
