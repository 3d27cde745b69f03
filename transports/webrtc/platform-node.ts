/** WebRTC of the package node-datachannel, and signalling by node:http, which unlike fetch takes a certificate. */
import { Buffer } from 'node:buffer'
import { type ClientRequest, request as plainRequest, type RequestOptions } from 'node:http'
import { request as secureRequest } from 'node:https'
import { systemClock } from '../../lib/base/clock.ts'
import { loadNative } from './native.ts'
import type { HttpAnswer, OfferingPeer } from './peer.ts'
import type { PeerOptions, PostOptions } from './platform.ts'

/** Longest answer, bytes. */
const MAX_ANSWER = 64 << 10

/** Opens a peer. Rejects where the package is missing, or a server is none. */
export async function openPeer(options: PeerOptions): Promise<OfferingPeer> {
  return (await loadNative()).open(options, systemClock)
}

/** Asks a server over http. Rejects with what went wrong. */
export function post(url: string, body: string, { signal, tls }: PostOptions): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      method: 'POST',
      // A socket of its own, which is closed with the answer.
      agent: false,
      signal,
      headers: { 'Content-Type': 'application/sdp', 'Content-Length': Buffer.byteLength(body) },
      ...(tls as object | undefined),
    }
    const request: ClientRequest = url.startsWith('https:') ? secureRequest(url, options) : plainRequest(url, options)
    request.on('error', (error: NodeJS.ErrnoException) => reject(new Error(reasonOf(error), { cause: error })))
    request.on('response', response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
        if (text.length > MAX_ANSWER) response.destroy(new Error('the answer is too long.'))
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    request.end(body)
  })
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED') return 'nobody listens there (ECONNREFUSED).'
  if (code === 'ENOTFOUND') return 'there is no such host (ENOTFOUND).'
  return code && !message.includes(code) ? `${message} (${code}).` : message
}
