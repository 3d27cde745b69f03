/** The server half: tells packets apart, keeps nothing about an address that has not answered, and follows clients that move. */
import type { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import type { RemoteInfo } from 'node:dgram'
import type { Channel, ChannelReceiver } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { closeText } from '../../lib/protocol/close-text.ts'
import { Guest, type Opening } from './guest.ts'
import {
  ACK,
  BODY,
  COOKIE,
  COOKIE_SIZE,
  DATA,
  DATAGRAM,
  HELLO,
  highAt,
  type Id,
  idAt,
  knockKind,
  lowAt,
  OPEN,
  OPEN_COOKIE,
  PROOF,
  packetOf,
  REFUSED,
  RESET,
} from './packets.ts'
import type { Pulse } from './pulse.ts'
import { COOKIE_LIFE, type Secrets } from './secrets.ts'
import { post, type Socket } from './socket.ts'

/** Packets of connections that nobody knows which are answered, per second: each answer costs a signature. */
const STRANGERS = 1000

export interface HallOptions {
  readonly accept: (channel: Channel) => ChannelReceiver | null
  readonly maxFrame: number
  readonly maxConnections: number
  readonly secrets: Secrets
  readonly pulse: Pulse
}

/** All connections of a server. */
export class Hall {
  readonly #options: HallOptions
  /** By the low half of the server's id: of all that live no two have the same. */
  readonly #guests = new Map<number, Guest>()
  /** Whom an opening made, by client id and address, oldest first: a packet that comes twice opens nothing twice. */
  readonly #openings = new Map<string, Opening>()
  #open = 0
  #isClosing = false
  #whenEmpty: (() => void) | null = null
  #strangers = 0
  #second = 0

  constructor(options: HallOptions) {
    this.#options = options
  }

  /** What is kept: of none of it a forged address is the cause. */
  get counts(): { readonly open: number; readonly known: number; readonly openings: number } {
    return { open: this.#open, known: this.#guests.size, openings: this.#openings.size }
  }

  take(packet: Buffer, from: RemoteInfo, socket: Socket): void {
    if (packet.length < BODY) return
    const kind = packet[0]!
    if (kind === HELLO || kind === OPEN) return this.#knock(packet, from, socket)
    const guest = this.#guests.get(lowAt(packet))
    if (!guest || guest.id.high !== highAt(packet)) return this.#stranger(kind, packet, from, socket)
    if (kind === PROOF) guest.prove(packet, from, socket)
    else {
      guest.connection.take(packet)
      if (!guest.isAt(from, socket) && kind !== RESET) guest.ask(packet, from, socket, this.#options.pulse.now)
    }
  }

  /** Ends all with `server-shutdown`; resolves when all have been told, or had their time. */
  async close(): Promise<void> {
    this.#isClosing = true
    const code = CloseReason['server-shutdown']
    for (const { connection } of this.#guests.values()) {
      connection.close(code, closeText(code))
      connection.forget()
    }
    if (this.#open > 0) await new Promise<void>(resolve => (this.#whenEmpty = resolve))
    for (const { connection } of this.#guests.values()) connection.forget()
    this.#openings.clear()
  }

  ended(): void {
    if (--this.#open === 0) this.#whenEmpty?.()
  }

  gone(guest: Guest): void {
    this.#guests.delete(guest.id.low)
    if (guest.opening) guest.opening.guest = null
  }

  #knock(packet: Buffer, from: RemoteInfo, socket: Socket): void {
    const kind = knockKind(packet)
    if (kind === 'nothing' || this.#isClosing) return
    const client = idAt(packet, 5)
    if (kind === 'another') return refuse(client, CloseReason['protocol-mismatch'], from, socket)
    const { secrets } = this.#options
    if (packet[0] === OPEN && secrets.isGood(packet, OPEN_COOKIE, from.address, from.port, client))
      return this.#admit(client, from, socket)
    const answer = packetOf(COOKIE, client, BODY + COOKIE_SIZE)
    secrets.writeCookie(answer, BODY, from.address, from.port, client)
    post(socket, answer, from.port, from.address)
  }

  /** The address is proven: from here on the client has a place. */
  #admit(client: Id, from: RemoteInfo, socket: Socket): void {
    const { pulse, secrets, maxFrame, maxConnections, accept } = this.#options
    for (const [key, { until }] of this.#openings) {
      if (until > pulse.now) break
      this.#openings.delete(key)
    }
    const key = `${client.low},${client.high},${from.port},${from.address}`
    const known = this.#openings.get(key)
    if (known) return known.guest?.welcome()
    if (this.#open >= maxConnections) return refuse(client, CloseReason['too-many-connections'], from, socket)
    const id = this.#freeId()
    const guest = new Guest(this, id, secrets.resetToken(id), client, from, socket, pulse, maxFrame)
    this.#guests.set(id.low, guest)
    guest.opening = { guest, until: pulse.now + (COOKIE_LIFE + 1) * 1000 }
    this.#openings.set(key, guest.opening)
    this.#open++
    guest.welcome()
    const { connection } = guest
    connection.receiver = accept(connection)
    if (!connection.receiver)
      connection.close(CloseReason['too-many-connections'], closeText(CloseReason['too-many-connections']))
  }

  #freeId(): Id {
    for (;;) {
      const id = idAt(randomBytes(8), 0)
      if (!this.#guests.has(id.low)) return id
    }
  }

  /** Somebody speaks of a connection that is over, or was another process's: who has its token believes that. */
  #stranger(kind: number, packet: Buffer, from: RemoteInfo, socket: Socket): void {
    if (kind !== DATA && kind !== ACK && kind !== DATAGRAM) return
    const second = Math.floor(this.#options.pulse.now / 1000)
    if (second !== this.#second) this.#strangers = 0
    this.#second = second
    if (this.#strangers++ >= STRANGERS) return
    const token = this.#options.secrets.resetToken(idAt(packet))
    post(socket, packetOf(RESET, idAt(token, 0)), from.port, from.address)
  }
}

function refuse(client: Id, code: number, from: RemoteInfo, socket: Socket): void {
  const answer = packetOf(REFUSED, client, BODY + 2)
  answer.writeUInt16LE(code, BODY)
  post(socket, answer, from.port, from.address)
}
