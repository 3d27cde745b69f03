/** A client as the server sees it: where it is, and how it proves that it is elsewhere now. */
import type { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import type { RemoteInfo } from 'node:dgram'
import { plainAddress } from '../plain-address.ts'
import { Connection } from './connection.ts'
import { ACCEPT, BODY, CHALLENGE, type Id, idAt, NONCE_SIZE, packetOf, writeId } from './packets.ts'
import type { Ends, Path } from './path.ts'
import type { Pulse } from './pulse.ts'
import { isClogged, post, type Socket } from './socket.ts'

/** An address that was asked for a proof is not asked again for so long, ms. */
const ASKED = 100

/** What one cookie has opened. */
export interface Opening {
  /** Null once that is over. */
  guest: Guest | null
  readonly until: number
}

/** Who keeps the guests. */
export interface Host {
  ended(): void
  gone(guest: Guest): void
}

export class Guest implements Path {
  readonly id: Id
  readonly connection: Connection
  opening: Opening | null = null
  readonly #hall: Host
  readonly #token: Buffer
  readonly #client: Id
  #socket: Socket
  #port: number
  #address: string
  /** Another place from which packets came, and what is to be answered from there. */
  #asked: { readonly port: number; readonly address: string; readonly nonce: Buffer; readonly at: number } | null = null

  constructor(
    hall: Host,
    id: Id,
    token: Buffer,
    client: Id,
    from: RemoteInfo,
    socket: Socket,
    pulse: Pulse,
    maxFrame: number,
  ) {
    this.#hall = hall
    this.id = id
    this.#token = token
    this.#client = client
    this.#socket = socket
    this.#port = from.port
    this.#address = from.address
    const ends: Ends = { peer: client, resetBy: idAt(token, 0), address: plainAddress(from.address), maxFrame }
    this.connection = new Connection(this, ends, pulse)
  }

  get isClogged(): boolean {
    return isClogged(this.#socket)
  }

  send(packet: Buffer): void {
    post(this.#socket, packet, this.#port, this.#address)
  }

  ended(): void {
    this.#hall.ended()
  }

  gone(): void {
    this.#hall.gone(this)
  }

  /** Tells the client its connection's id. */
  welcome(): void {
    const packet = packetOf(ACCEPT, this.#client, BODY + 16)
    writeId(packet, this.id, BODY)
    packet.set(this.#token, BODY + 8)
    this.send(packet)
  }

  isAt(from: RemoteInfo, socket: Socket): boolean {
    return from.port === this.#port && from.address === this.#address && socket === this.#socket
  }

  /** A packet came from elsewhere: whoever is there has to prove that before anything is sent there but this question. */
  ask(packet: Buffer, from: RemoteInfo, socket: Socket, now: number): void {
    const size = BODY + NONCE_SIZE
    if (packet.length < size) return
    const asked = this.#asked
    if (asked && now - asked.at < ASKED) return
    const isSame = asked?.port === from.port && asked.address === from.address
    const nonce = isSame ? asked.nonce : randomBytes(NONCE_SIZE)
    this.#asked = { port: from.port, address: from.address, nonce, at: now }
    const question = packetOf(CHALLENGE, this.#client, size)
    question.set(nonce, BODY)
    post(socket, question, from.port, from.address)
  }

  /** An answer to the question. */
  prove(packet: Buffer, from: RemoteInfo, socket: Socket): void {
    const asked = this.#asked
    if (!asked || asked.port !== from.port || asked.address !== from.address) return
    if (!asked.nonce.equals(packet.subarray(BODY))) return
    this.#asked = null
    this.#port = from.port
    this.#address = from.address
    this.#socket = socket
    this.connection.moved()
  }
}
