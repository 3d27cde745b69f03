/** An end of a link that follows docs/routers.md by hand: it can say what no honest end says. */
import { Reader, Writer } from '../../lib/base/bytes.ts'
import { type Channel, type ChannelReceiver, type Dialer, Frame } from '../../lib/link/transport.ts'
import { type Nonces, prove } from '../../transports/router/proof.ts'
import * as Wire from '../../transports/router/wire.ts'
import { Recorder } from './recorder.ts'
import { secret } from './router-bench.ts'

/** A message of a link: opcode, then what `put` writes. */
export function linkMessage(op: number, put: (w: Writer) => void = () => {}): Uint8Array {
  const w = new Writer(64)
  w.u8(op)
  put(w)
  return w.slice()
}

/** What either end says first. */
export function hello(role: Wire.Role, nonce: Uint8Array, version: number = Wire.linkVersion): Uint8Array {
  return linkMessage(Wire.Hello, w => {
    w.u32(Wire.magic)
    w.varint(version)
    w.u8(Wire.roles.indexOf(role))
    w.raw(nonce)
  })
}

/** A player's frame, as a router sends it and as a server does. */
export const frameOf = (id: number, ...bytes: number[]): Uint8Array =>
  linkMessage(Wire.Frame, w => {
    w.varint(id)
    w.varint(bytes.length)
    w.raw(Uint8Array.from(bytes))
  })

export const opening = (address: string): Uint8Array =>
  linkMessage(Wire.Open, w => Wire.putOpening(w, { address, network: true, maxDatagram: 0 }))

export class RawLink {
  readonly role: Wire.Role
  /** What the other end says, frame by frame, and how it ends. */
  readonly heard: Recorder
  readonly nonce: Uint8Array

  constructor(channel: Channel, role: Wire.Role, nonce: Uint8Array = new Uint8Array(32).fill(7)) {
    this.heard = new Recorder(channel)
    this.role = role
    this.nonce = nonce
  }

  /** Dials, and says nothing. */
  static async dial(dialer: Dialer, url: string, role: Wire.Role = 'router'): Promise<RawLink> {
    let link: RawLink | undefined
    const accept = (channel: Channel): ChannelReceiver => {
      link = new RawLink(channel, role)
      return link.heard
    }
    await dialer.dial(url, accept, Wire.linkLimits)
    return link!
  }

  /** Dials, and proves itself. */
  static async join(dialer: Dialer, url: string, role: Wire.Role = 'router'): Promise<RawLink> {
    const link = await RawLink.dial(dialer, url, role)
    await link.prove()
    await link.heard.has(2)
    return link
  }

  /** What the other end has drawn. */
  async theirNonce(): Promise<Uint8Array> {
    await this.heard.has(1)
    return this.heard.frames[0]!.slice(-32)
  }

  /** Says hello, and proves itself by a secret. */
  async prove(by: string = secret): Promise<void> {
    const theirs = await this.theirNonce()
    const nonces: Nonces =
      this.role === 'router' ? { router: this.nonce, server: theirs } : { router: theirs, server: this.nonce }
    this.say(hello(this.role, this.nonce))
    this.say(linkMessage(Wire.Proof, w => w.raw(prove(by, this.role, nonces))))
  }

  say(...messages: readonly Uint8Array[]): void {
    this.heard.channel.send(new Frame(new Uint8Array(Buffer.concat(messages))))
  }

  /** The code that it ends with. */
  async end(): Promise<number | undefined> {
    await this.heard.ended()
    return this.heard.ends[0]!.code
  }

  /** The opcodes of all that the other end has said, of messages that have nothing behind their opcode but for the last. */
  get opcodes(): number[] {
    return this.heard.frames.map(frame => new Reader(frame).u8())
  }
}
