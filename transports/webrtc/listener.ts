/** The server half of WebRTC: takes offers by http, on a server of its own or on one that serves other things too, and lets in who comes. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { ServerOptions as SecureServerOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import { type Clock, systemClock } from '../../lib/base/clock.ts'
import { MalformedError, UsageError } from '../../lib/base/errors.ts'
import type { Channel, ChannelReceiver, Listener, WireLimits } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { closeText } from '../../lib/protocol/close-text.ts'
import { type Bound, bind, hostInUrl } from '../listen-host.ts'
import { addressReader } from '../trusted-proxies.ts'
import { originCheck } from '../websocket/origin.ts'
import { announce } from './answer.ts'
import { type Arrival, Arrivals } from './arrivals.ts'
import { giveBackPath, takePath } from './attach.ts'
import { PATIENCE, RtcChannel } from './channel.ts'
import { loadNative, type Native, type NativeOptions, type NativePeer } from './native.ts'
import { MAX_OFFER, readOffer } from './offer.ts'
import { checkOptions, type WebrtcOptions } from './options.ts'
import { DEFAULT_PATH, deaf } from './peer.ts'
import { corsHeaders, createSignallingServer, preflightHeaders, readBody, reply } from './signalling.ts'

const DEFAULT_PORT = 7203

type Accept = (channel: Channel) => ChannelReceiver | null

/** What is there while it listens. */
interface Listening {
  readonly http: Server
  /** Of an own server. */
  readonly bound: Bound | null
  readonly native: Native
  readonly nativeOptions: NativeOptions
  readonly accept: Accept
  readonly maxFrame: number
}

export class WebrtcListener implements Listener {
  readonly #options: WebrtcOptions
  readonly #path: string
  readonly #mayConnect: (request: IncomingMessage) => boolean
  readonly #addressOf: (request: IncomingMessage) => string
  readonly #clock: Clock
  readonly #arrivals: Arrivals
  readonly #channels = new Set<RtcChannel>()
  /** Peers that something native is left of. */
  readonly #peers = new Set<NativePeer>()
  /** Every socket of an own server, TLS handshakes and half-sent requests included. */
  readonly #sockets = new Set<Duplex>()
  #state: 'closed' | 'starting' | 'listening' | 'closing' = 'closed'
  #listening: Listening | null = null
  #whenEmpty: (() => void) | null = null
  #closing: Promise<void> | null = null

  constructor(options: WebrtcOptions) {
    checkOptions(options)
    this.#options = options
    this.#path = options.path ?? DEFAULT_PATH
    this.#mayConnect = originCheck(options.origins, 'webrtc')
    this.#addressOf = addressReader(options, 'webrtc')
    this.#clock = options.clock ?? systemClock
    const { maxPending: total = 256, maxPendingPerAddress: perAddress = 32, timeout = 10_000 } = options
    this.#arrivals = new Arrivals(this.#clock, { total, perAddress, timeout })
  }

  async listen(accept: Accept, limits: WireLimits): Promise<string> {
    if (this.#state !== 'closed')
      throw new UsageError('This webrtc() listens already; give each server one of its own.')
    this.#state = 'starting'
    try {
      const native = await loadNative()
      const { server, tls, port = DEFAULT_PORT, host, portRange, iceServers = [] } = this.#options
      const http =
        (server as Server | undefined) ??
        createSignallingServer(tls as SecureServerOptions | undefined, this.#path, this.#request)
      let bound: Bound | null = null
      if (server) takePath(server, this.#path, this.#request)
      else {
        http.on('connection', (socket: Duplex) => {
          this.#sockets.add(socket)
          socket.on('close', () => this.#sockets.delete(socket))
        })
        bound = await bind(http, { port, host }, 'webrtc')
      }
      const nativeOptions = { iceServers, address: udpAddress(http, server ? host : undefined), portRange }
      this.#listening = { http, bound, native, nativeOptions, accept, maxFrame: limits.maxFrame }
      this.#state = 'listening'
      return this.#url(http)
    } catch (error) {
      this.#state = 'closed'
      throw error
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown().finally(() => (this.#closing = null))
    return this.#closing
  }

  async #shutDown(): Promise<void> {
    const listening = this.#listening
    if (!listening) return
    this.#state = 'closing'
    const closed = listening.bound?.close()
    this.#arrivals.hasten(PATIENCE)
    for (const channel of this.#channels)
      channel.close(CloseReason['server-shutdown'], closeText(CloseReason['server-shutdown']))
    if (this.#peers.size > 0) await new Promise<void>(resolve => (this.#whenEmpty = resolve))
    this.#whenEmpty = null
    for (const socket of this.#sockets) socket.destroy()
    await closed
    if (this.#options.server) giveBackPath(listening.http, this.#path)
    this.#listening = null
    this.#state = 'closed'
  }

  #url(http: Server): string {
    const scheme = 'setSecureContext' in http ? 'webrtcs' : 'webrtc'
    const name = this.#options.server ? 'localhost' : hostInUrl(this.#options.host)
    const address = http.address()
    const port = address !== null && typeof address === 'object' ? `:${address.port}` : ''
    return `${scheme}://${name}${port}${this.#path}`
  }

  readonly #request = (request: IncomingMessage, response: ServerResponse): void => {
    const listening = this.#listening
    if (!this.#passes(request))
      return reply(
        request,
        response,
        403,
        `Pages of ${request.headers.origin} may not connect; see the option "origins" of webrtc().`,
      )
    const headers = corsHeaders(request)
    const refuse = (status: number, text: string): void => reply(request, response, status, text, headers)
    if (request.method === 'OPTIONS')
      return reply(request, response, 204, '', { ...headers, ...preflightHeaders, Allow: 'POST, OPTIONS' })
    if (request.method !== 'POST')
      return reply(request, response, 405, 'This is a game server: it takes offers of WebRTC, by POST.', {
        ...headers,
        Allow: 'POST, OPTIONS',
      })
    if (!/^(application\/sdp|text\/plain)\b/i.test(request.headers['content-type'] ?? ''))
      return refuse(415, 'An offer is sent as application/sdp or as text/plain.')
    if (!listening || this.#state !== 'listening') return refuse(503, 'The server is shutting down.')
    const { maxConnections = Number.POSITIVE_INFINITY } = this.#options
    if (this.#channels.size + this.#arrivals.size >= maxConnections)
      return refuse(503, closeText(CloseReason['too-many-connections']))
    const address = this.#addressOf(request)
    const refusal = this.#arrivals.refusal(address)
    if (refusal) return refuse(refusal.status, refusal.text)

    const arrival = this.#arrivals.add(address, () => {
      if (request.complete) refuse(408, 'The client took too long to connect.')
      else request.destroy()
    })
    request.on('close', () => {
      if (!request.complete) arrival.drop()
    })
    this.#admit(arrival, request, listening)
      .then(answer => {
        if (arrival.isOver || this.#state !== 'listening') throw new Refused(503, 'The server is shutting down.')
        arrival.isAnswered = true
        reply(request, response, 201, answer, headers)
      })
      .catch(error => {
        arrival.drop()
        if (error instanceof Refused) refuse(error.status, error.message)
        else if (error instanceof MalformedError) refuse(400, error.message)
        else refuse(503, 'The server could not open a connection: it has no UDP port left, or no memory.')
      })
  }

  /** From the offer to the answer. */
  async #admit(arrival: Arrival, request: IncomingMessage, listening: Listening): Promise<string> {
    const body = await readBody(request, MAX_OFFER)
    if (body === null) throw new Refused(413, `An offer has at most ${MAX_OFFER} bytes.`)
    const offer = readOffer(body)
    if (arrival.isOver) return ''
    const peer = listening.native.open(listening.nativeOptions, this.#clock)
    arrival.peer = peer
    this.#peers.add(peer)
    peer.gone().then(() => this.#forget(peer))
    peer.events = { ...deaf, opened: () => this.#open(arrival, peer, listening), ended: () => arrival.drop() }
    const answer = await peer.answer(offer)
    const { publicAddress } = this.#options
    return publicAddress === undefined ? answer : announce(answer, publicAddress)
  }

  #open(arrival: Arrival, peer: NativePeer, { accept, maxFrame }: Listening): void {
    if (arrival.isOver) return
    arrival.finish()
    const channel = new RtcChannel(peer, arrival.address, maxFrame, this.#clock, ended => this.#channels.delete(ended))
    this.#channels.add(channel)
    const isListening = this.#state === 'listening'
    channel.receiver = isListening ? accept(channel) : null
    if (channel.receiver) return
    const reason = CloseReason[isListening ? 'too-many-connections' : 'server-shutdown']
    channel.close(reason, closeText(reason))
  }

  #forget(peer: NativePeer): void {
    this.#peers.delete(peer)
    if (this.#peers.size === 0) this.#whenEmpty?.()
  }

  /** An app's own function may throw: its mistake refuses one page and ends no process. */
  #passes(request: IncomingMessage): boolean {
    try {
      return this.#mayConnect(request)
    } catch {
      return false
    }
  }
}

/** Why an offer is answered with another status than 400. */
class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The address for UDP: the one for http, unless an attached server's is to be another; undefined for all. */
function udpAddress(http: Server, host: string | undefined): string | undefined {
  const place = http.address()
  const address = host ?? (place !== null && typeof place === 'object' ? place.address : undefined)
  if (address === undefined || address === '0.0.0.0' || address === '::') return undefined
  return address === 'localhost' ? '127.0.0.1' : address
}
