/** A client's end: proves its address to the server, and opens another socket where the network has changed under it. */
import type { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import type { Timer } from '../../lib/base/clock.ts'
import type { Channel, ChannelReceiver } from '../../lib/link/transport.ts'
import { closeText } from '../../lib/protocol/close-text.ts'
import { Connection } from './connection.ts'
import {
  ACCEPT,
  BODY,
  CHALLENGE,
  COOKIE,
  COOKIE_SIZE,
  HELLO,
  highAt,
  type Id,
  idAt,
  knock,
  lowAt,
  NONCE_SIZE,
  OPEN,
  PROOF,
  packetOf,
  REFUSED,
  RESET,
} from './packets.ts'
import type { Path } from './path.ts'
import type { Pulse } from './pulse.ts'
import { closeSocket, isClogged, openSocket, postConnected, type Socket, widen } from './socket.ts'

/** When a first packet is sent again, ms; the last for ever. */
const AGAIN = [200, 300, 500] as const
/** A server that keeps asking for another proof gets so many at once, then one at a time. */
const COOKIES = 3
/** After so long a silence another socket is tried, ms, and after so long again another. */
const SILENCE = 1500
const NEXT_MOVE = 3000

type Accept = (channel: Channel) => ChannelReceiver

/** One connection, or the attempt at one, to one address. */
export class Visit implements Path {
  readonly #address: string
  readonly #port: number
  readonly #isSix: boolean
  readonly #pulse: Pulse
  readonly #maxFrame: number
  /** What the server is to call this end. */
  readonly #id: Id = idAt(randomBytes(8), 0)
  #server: Id | null = null
  #token: Id | null = null
  #connection: Connection | null = null
  #socket: Socket | null = null
  #next: Socket | null = null
  /** The packet that waits for an answer, and how often it was sent. */
  #knock: Buffer
  #knocks = 0
  #knockedAt = 0
  #cookies = 0
  #movedAt: number = Number.NEGATIVE_INFINITY
  #again: Timer | null = null
  #giveUp: Timer | null = null
  #accept: Accept | null = null
  #settle: ((outcome: string | null) => void) | null = null
  #fail: ((error: unknown) => void) | null = null

  constructor(address: string, port: number, isSix: boolean, pulse: Pulse, maxFrame: number) {
    this.#address = address
    this.#port = port
    this.#isSix = isSix
    this.#pulse = pulse
    this.#maxFrame = maxFrame
    this.#knock = knock(HELLO, this.#id)
  }

  /** Null once the connection is open, else why there is none. Rejects with what `accept` throws. */
  open(accept: Accept, timeout: number): Promise<string | null> {
    return new Promise((resolve, reject) => {
      this.#accept = accept
      this.#settle = resolve
      this.#fail = reject
      this.#giveUp = this.#pulse.clock.after(timeout, () => this.#close('silence'))
      this.#connect(socket => {
        this.#socket = socket
        this.#sendKnock()
      })
    })
  }

  get isClogged(): boolean {
    return this.#socket !== null && isClogged(this.#socket)
  }

  send(packet: Buffer): void {
    if (this.#socket) postConnected(this.#socket, packet)
  }

  missed(silence: number): void {
    const { now } = this.#pulse
    if (silence < SILENCE || now - this.#movedAt < NEXT_MOVE) return
    this.#movedAt = now
    this.#move()
  }

  ended(): void {}

  gone(): void {
    this.#close('')
  }

  /** A socket that hears this server alone; `ready` gets it if it is still wanted. */
  #connect(ready: (socket: Socket) => void): void {
    const socket = openSocket(this.#isSix)
    this.#next = socket
    socket.on('error', error => this.#trouble(error, socket))
    socket.on('message', packet => this.#take(packet, socket))
    // What the types do not tell: a failure comes here and nowhere else.
    socket.connect(this.#port, this.#address, ((error?: NodeJS.ErrnoException) => {
      if (this.#next !== socket) return
      if (error) return this.#trouble(error, socket)
      this.#next = null
      widen(socket)
      ready(socket)
    }) as () => void)
  }

  /** The network may have changed, and what this socket sends come from an address that is no more: tries another. */
  #move(): void {
    if (this.#next) return
    this.#connect(socket => {
      const old = this.#socket
      this.#socket = socket
      if (old) void closeSocket(old)
      this.#connection?.show()
    })
  }

  #sendKnock(): void {
    this.send(this.#knock)
    this.#knockedAt = this.#pulse.now
    const wait = AGAIN[Math.min(this.#knocks++, AGAIN.length - 1)]!
    this.#again = this.#pulse.clock.after(wait, () => this.#sendKnock())
  }

  #take(packet: Buffer, socket: Socket): void {
    if (packet.length < BODY || socket !== this.#socket) return
    const [low, high] = [lowAt(packet), highAt(packet)]
    if (packet[0] === RESET) {
      if (low === this.#token?.low && high === this.#token.high) this.#connection?.take(packet)
      return
    }
    if (low !== this.#id.low || high !== this.#id.high) return
    if (this.#connection) {
      if (packet[0] === CHALLENGE) this.#prove(packet)
      else this.#connection.take(packet)
      return
    }
    switch (packet[0]) {
      case COOKIE:
        if (packet.length !== BODY + COOKIE_SIZE) break
        this.#knock = knock(OPEN, this.#id, packet.subarray(BODY))
        if (this.#cookies++ >= COOKIES) break
        this.#again?.cancel()
        this.#knocks = 0
        this.#sendKnock()
        break
      case ACCEPT:
        if (packet.length === BODY + 16) this.#opened(packet)
        break
      case REFUSED:
        if (packet.length === BODY + 2) this.#close(`the server refuses: ${closeText(packet.readUInt16LE(BODY))}`)
    }
  }

  #opened(packet: Buffer): void {
    this.#again?.cancel()
    this.#giveUp?.cancel()
    this.#server = idAt(packet, BODY)
    this.#token = idAt(packet, BODY + 8)
    const ends = { peer: this.#server, resetBy: this.#server, address: '', maxFrame: this.#maxFrame }
    const connection = new Connection(this, ends, this.#pulse)
    this.#connection = connection
    if (this.#knocks === 1) connection.measured(this.#pulse.now - this.#knockedAt)
    try {
      connection.receiver = this.#accept!(connection)
      this.#settle?.(null)
    } catch (error) {
      connection.abort()
      this.#fail?.(error)
    }
  }

  #prove(packet: Buffer): void {
    if (packet.length !== BODY + NONCE_SIZE || !this.#server) return
    const proof = packetOf(PROOF, this.#server, BODY + NONCE_SIZE)
    proof.set(packet.subarray(BODY), BODY)
    this.send(proof)
    this.#connection?.moved()
  }

  #trouble(error: NodeJS.ErrnoException, socket: Socket): void {
    const isRefusal = error.code === 'ECONNREFUSED'
    if (!this.#connection)
      this.#close(isRefusal ? 'nobody listens there (ECONNREFUSED).' : `${error.message} (${error.code}).`)
    else if (socket !== this.#socket) this.#drop(socket)
    else if (isRefusal) this.#connection.refused()
    else this.#move()
  }

  /** A socket that could not be connected: the next miss tries again. */
  #drop(socket: Socket): void {
    if (this.#next === socket) this.#next = null
    void closeSocket(socket)
  }

  #close(outcome: string): void {
    this.#again?.cancel()
    this.#giveUp?.cancel()
    for (const socket of [this.#socket, this.#next]) if (socket) void closeSocket(socket)
    this.#socket = this.#next = null
    this.#settle?.(outcome)
  }
}
