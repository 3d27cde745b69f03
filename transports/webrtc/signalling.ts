/** The http half of a WebRTC server: one POST with the offer, and the answer in its reply. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type ServerOptions as SecureServerOptions } from 'node:https'
import { pathOf } from './attach.ts'

/** What a connection may take until it has sent its request, or finished its TLS handshake, ms. */
const REQUEST_TIMEOUT = 10_000

/** A server for `path` alone. */
export function createSignallingServer(
  tls: SecureServerOptions | undefined,
  path: string,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const timeouts = {
    headersTimeout: REQUEST_TIMEOUT,
    requestTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: 1000,
    connectionsCheckingInterval: 2000,
  }
  const server = tls
    ? createSecureServer({ handshakeTimeout: REQUEST_TIMEOUT, ...timeouts, ...tls })
    : createServer(timeouts)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (pathOf(request) === path) handler(request, response)
    else reply(request, response, 404, `Nothing is served at this path; offers are taken at ${path}`)
  })
  return server
}

/** Answers, and lets whatever is left of the request run dry. Nothing happens where it was answered before. */
export function reply(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return
  request.resume()
  const isAnswer = status === 201
  response.writeHead(status, {
    'Content-Type': isAnswer ? 'application/sdp' : 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    ...headers,
  })
  response.end(isAnswer || text === '' ? text : `${text}\n`)
}

/** What lets a page of another origin read the answer. */
export function corsHeaders(request: IncomingMessage): Record<string, string> {
  const { origin } = request.headers
  return origin === undefined ? {} : { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' }
}

/** What a browser asks before a page of another origin may post a body that is no plain text. */
export const preflightHeaders: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Methods': 'POST',
  'Access-Control-Allow-Headers': 'Content-Type',
  'Access-Control-Max-Age': '600',
}

/** How many times the limit a body may be before nobody reads on. Up to there it is, so that its sender reads the answer. */
const DRAINED = 256

/** The body as text; null where it is longer than `limit` bytes. Rejects where it breaks off. */
export function readBody(request: IncomingMessage, limit: number): Promise<string | null> {
  return new Promise((resolve, reject) => {
    let text = ''
    let bytes = 0
    const decoder = new TextDecoder()
    request.on('data', (piece: Buffer) => {
      bytes += piece.length
      if (bytes > limit * DRAINED) request.destroy()
      if (bytes > limit) resolve(null)
      else text += decoder.decode(piece, { stream: true })
    })
    request.on('end', () => resolve(text))
    request.on('error', reject)
    request.on('close', () => reject(new Error('The request broke off.')))
  })
}
