/** One link between a router and a game server, over any transport: both prove themselves, then messages pass until it ends. Which end it is, its `LinkEnd` knows. */
import { Reader } from '../../lib/base/bytes.ts'
import type { Clock, Timer } from '../../lib/base/clock.ts'
import { MalformedError } from '../../lib/base/errors.ts'
import type { Random } from '../../lib/base/random.ts'
import type { Channel, ChannelReceiver } from '../../lib/link/transport.ts'
import { type CloseName, CloseReason } from '../../lib/protocol/close.ts'
import { closeText } from '../../lib/protocol/close-text.ts'
import { Marks } from './flight.ts'
import { Outbound } from './outbound.ts'
import { isProof, type Nonces, nonceSize, proofSize, prove } from './proof.ts'
import * as Wire from './wire.ts'

const HANDSHAKE_MS = 10_000
/** Between two signs of life, ms. */
const ALIVE_MS = 5_000
const SILENCE_MS = 20_000

/** What a link is given. */
export interface LinkOptions {
  readonly role: Wire.Role
  readonly secret: string
  /** Who dials proves first: a listener gives strangers nothing to guess a secret by. */
  readonly dials: boolean
  readonly clock: Clock
  readonly random: Random
}

/** What one end does with a link. Nothing is called after `down`. */
export interface LinkEnd {
  /** Both have proved themselves. */
  up(link: Link): void
  /** A message of this end's own; reads its body. */
  message(op: number, r: Reader): void
  /** The other end has read up to the open mark. */
  marked(): void
  /** The other end asks how far things are. It is to answer with `link.answer()`, at once or soon. */
  asked(): void
  /** May write what waits before a frame leaves. */
  leaving(): void
  /** It has ended, or never came up. */
  down(code: number, text: string): void
}

export class Link implements ChannelReceiver {
  readonly channel: Channel
  readonly out: Outbound
  readonly marks: Marks = new Marks()
  /** Resolves when its channel is gone. */
  readonly gone: Promise<void>
  readonly #options: LinkOptions
  readonly #end: LinkEnd
  readonly #reader = new Reader()
  readonly #nonce: Uint8Array
  #nonces: Nonces | null = null
  #state: 'hello' | 'proof' | 'up' | 'down' = 'hello'
  #timer: Timer
  #heardAt: number
  #leave!: () => void

  constructor(channel: Channel, end: LinkEnd, options: LinkOptions) {
    const { clock, random, role } = options
    this.channel = channel
    this.#end = end
    this.#options = options
    this.out = new Outbound(channel, clock, () => end.leaving())
    this.gone = new Promise(resolve => (this.#leave = resolve))
    this.#nonce = random.bytes(nonceSize)
    this.#heardAt = clock.now()
    this.#timer = clock.after(HANDSHAKE_MS, () => this.#fail('handshake-timeout'))
    const w = this.out.message(Wire.Hello, 64)
    w.u32(Wire.magic)
    w.varint(Wire.linkVersion)
    w.u8(Wire.roles.indexOf(role))
    w.raw(this.#nonce)
  }

  get isUp(): boolean {
    return this.#state === 'up'
  }

  frame(bytes: Uint8Array): void {
    if (this.#state === 'down') return
    this.#heardAt = this.#options.clock.now()
    const r = this.#reader
    try {
      if (!this.isUp && bytes.length > Wire.helloFrame) throw new MalformedError('A long frame came before the proofs.')
      r.reset(bytes)
      while (r.remaining > 0 && !this.#isDown()) this.#message(r.u8(), r)
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      this.close('malformed', `The other end broke the protocol of the link: ${error.message}`)
    }
  }

  datagram(bytes: Uint8Array): void {
    const r = this.#reader
    if (!this.isUp) return
    try {
      r.reset(bytes)
      const op = r.u8()
      if (op === Wire.Datagram || op === Wire.Datagrams) this.#end.message(op, r)
    } catch (error) {
      // It may have overtaken the opening of its player, and whoever can forge datagrams is to end nothing.
      if (!(error instanceof MalformedError)) throw error
    }
  }

  end(code: number | undefined, text: string): void {
    this.#down(code ?? CloseReason.lost, text || closeText(code ?? CloseReason.lost))
    this.#leave()
  }

  /** The answer to `asked`. */
  answer(): void {
    this.out.message(Wire.Marked)
  }

  /** Ends it politely: what was written leaves before. */
  close(reason: CloseName, text: string = closeText(CloseReason[reason])): void {
    if (this.#state === 'down') return
    this.out.flush()
    this.channel.close(CloseReason[reason], text)
    this.#down(CloseReason[reason], text)
  }

  /** Ends it where the other end does not read. */
  giveUp(): void {
    this.#fail('too-slow', 'The other end of the link does not read what is sent to it.')
  }

  /** Ends it where the other end may not be there any more. */
  #fail(reason: CloseName, text?: string): void {
    this.close(reason, text)
    this.channel.abort()
  }

  #down(code: number, text: string): void {
    if (this.#state === 'down') return
    this.#state = 'down'
    this.#timer.cancel()
    this.#end.down(code, text)
  }

  // A method, so that the compiler does not take the state for unchanged across a message.
  #isDown(): boolean {
    return this.#state === 'down'
  }

  #message(op: number, r: Reader): void {
    if (this.#state !== 'up') return this.#handshake(op, r)
    switch (op) {
      case Wire.Alive:
        return
      case Wire.Mark:
        return this.#end.asked()
      case Wire.Marked:
        if (!this.marks.answer()) throw new MalformedError('An answer came to a mark that was not set.')
        return this.#end.marked()
      default:
        this.#end.message(op, r)
    }
  }

  #handshake(op: number, r: Reader): void {
    const { role, secret, dials } = this.#options
    const other: Wire.Role = role === 'router' ? 'server' : 'router'
    if (op === Wire.Hello && this.#state === 'hello') {
      if (r.u32() !== Wire.magic) throw new MalformedError('it does not speak it.')
      const version = r.varint()
      if (version !== Wire.linkVersion)
        return this.close(
          'protocol-mismatch',
          `This ${role} speaks version ${Wire.linkVersion} of the link, the other end ${version}.`,
        )
      if (Wire.roles[r.u8()] !== other)
        return this.close('unknown-connection-type', `This is a ${role}; it links with a ${other} alone.`)
      const nonce = r.raw(nonceSize)
      this.#nonces = role === 'router' ? { router: this.#nonce, server: nonce } : { router: nonce, server: this.#nonce }
      this.#state = 'proof'
      if (dials) this.#prove()
    } else if (op === Wire.Proof && this.#state === 'proof') {
      if (!isProof(r.raw(proofSize), secret, other, this.#nonces!))
        return this.close('invalid-login', 'The other end does not hold the same secret.')
      if (!dials) this.#prove()
      this.#rise()
    } else
      throw new MalformedError(
        `message 0x${op.toString(16)} came out of turn. Does the url lead to the other end of a link?`,
      )
  }

  #prove(): void {
    const { role, secret } = this.#options
    this.out.message(Wire.Proof, proofSize).raw(prove(secret, role, this.#nonces!))
  }

  #rise(): void {
    this.#state = 'up'
    this.#timer.cancel()
    if (this.channel.network) this.#beat()
    this.#end.up(this)
  }

  #beat(): void {
    const { clock } = this.#options
    this.#timer = clock.after(ALIVE_MS, () => {
      if (clock.now() - this.#heardAt >= SILENCE_MS) return this.#fail('heartbeat-timeout')
      this.out.message(Wire.Alive)
      this.#beat()
    })
  }
}
