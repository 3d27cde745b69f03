/** A client that follows docs/protocol.md by hand and nothing else: it can send what no honest client sends. */
import { Reader, Writer } from '../../lib/base/bytes.ts'
import { type Channel, type Dialer, Frame } from '../../lib/link/transport.ts'
import * as messages from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { protocolVersion } from '../../lib/protocol/version.ts'

export class RawClient {
  readonly frames: Uint8Array[] = []
  ended: { code: number | undefined; text: string } | null = null
  /** What the server's Close message said. */
  closed: { code: number; text: string } | null = null
  readonly gone: Promise<void>
  #channel!: Channel
  #resolveGone!: () => void
  #wake: (() => void)[] = []

  private constructor() {
    this.gone = new Promise(resolve => {
      this.#resolveGone = resolve
    })
  }

  /** Opens a connection and says nothing. */
  static async dial(dialer: Dialer, url: string): Promise<RawClient> {
    const client = new RawClient()
    await dialer.dial(
      url,
      channel => {
        client.#channel = channel
        return {
          frame: bytes => {
            client.frames.push(bytes.slice())
            if (bytes[0] === Op.Close) client.closed = messages.getClose(new Reader(bytes.subarray(1)))
            for (const wake of client.#wake.splice(0)) wake()
          },
          end: (code, text) => {
            client.ended = { code, text }
            client.#resolveGone()
            for (const wake of client.#wake.splice(0)) wake()
          },
        }
      },
      { maxFrame: 16 << 20 },
    )
    return client
  }

  /** Sends bytes as one frame. */
  send(bytes: Uint8Array): void {
    this.#channel.send(new Frame(bytes))
  }

  /** Sends what `put` writes as one frame. */
  write(put: (w: Writer) => void): void {
    const w = new Writer(64)
    put(w)
    this.send(w.slice())
  }

  select(hash: string, connectionType = 'game', protocol: number = protocolVersion): void {
    this.write(w => messages.putSelect(w, { protocol, connectionType, hash }))
  }

  /** As a client that takes messages beside the objects. */
  selectTalking(hash: string): void {
    this.write(w => messages.putSelect(w, { protocol: protocolVersion, connectionType: 'game', hash, talks: true }))
  }

  /** As a client that would come back after a loss. */
  selectResuming(hash: string): void {
    this.write(w => messages.putSelect(w, { protocol: protocolVersion, connectionType: 'game', hash, resumes: true }))
  }

  resume(token: string, heard = 0): void {
    this.write(w => messages.putResume(w, { token, heard }))
  }

  /** Sends bytes as one datagram. Fails on a wire without. */
  sendDatagram(bytes: Uint8Array): void {
    if (!this.#channel.datagrams) throw new Error('This wire has no datagrams.')
    this.#channel.datagrams.send(new Frame(bytes))
  }

  login(credentials: unknown = null): void {
    this.write(w => messages.putLogin(w, JSON.stringify(credentials)))
  }

  /** A call with arguments in bytes. */
  call(key: number, object: number, args: Uint8Array | readonly number[]): void {
    this.write(w => {
      w.u8(Op.Call)
      w.varint(key)
      w.varint(object)
      w.varint(args.length)
      w.raw(Uint8Array.from(args))
    })
  }

  /** Resolves at the next frame or the end. */
  next(): Promise<void> {
    return new Promise(resolve => this.#wake.push(resolve))
  }

  abort(): void {
    this.#channel.abort()
  }
}
