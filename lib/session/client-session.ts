/** The client's end of one connection: handshake, heartbeat, close. Rules 28 to 31 of docs/guarantees.md. */
import { Reader, Writer } from '../base/bytes.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { MalformedError } from '../base/errors.ts'
import { type Channel, type ChannelReceiver, Frame } from '../link/transport.ts'
import { type CloseName, CloseReason, closeName } from '../protocol/close.ts'
import * as messages from '../protocol/messages.ts'
import * as Op from '../protocol/opcodes.ts'
import { protocolVersion } from '../protocol/version.ts'

/** What the session asks of the client above it. */
export interface ClientSessionHost {
  readonly clock: Clock
  readonly connectionType: string
  readonly schemaHash: string
  /** The credentials as JSON. */
  readonly credentials: string
  readonly heartbeatMs: number
  readonly silenceMs: number
  hello(hello: messages.Hello): void
  /** The server's outline: it was built from other classes, and will close. */
  outline(json: string): void
  welcome(welcome: messages.Welcome): void
  beginFrame(): void
  endFrame(): void
  /** A message after the welcome; reads its body. */
  message(op: number, body: Reader): void
  /** A round trip was measured: in ms, and the server's clock less the own one in ms. */
  measured(latency: number, offset: number): void
  pong(): void
  /** The connection has ended; called once. */
  closed(code: number, text: string): void
}

type State = 'hello' | 'welcome' | 'active' | 'closed'

export class ClientSession implements ChannelReceiver {
  readonly #channel: Channel
  readonly #host: ClientSessionHost
  readonly #reader = new Reader()
  readonly #watch: Timer | undefined
  #state: State = 'hello'
  #heardAt: number

  constructor(channel: Channel, host: ClientSessionHost) {
    this.#channel = channel
    this.#host = host
    this.#heardAt = host.clock.now()
    if (channel.network && host.heartbeatMs > 0) this.#watch = host.clock.every(host.heartbeatMs, () => this.#listen())
  }

  get isOpen(): boolean {
    return this.#state !== 'closed'
  }

  get buffered(): number {
    return this.#channel.buffered
  }

  frame(bytes: Uint8Array): void {
    if (this.#state === 'closed') return
    this.#heardAt = this.#host.clock.now()
    try {
      this.#reader.reset(bytes)
      this.#host.beginFrame()
      while (this.#reader.remaining > 0 && this.isOpen) this.#message(this.#reader.u8(), this.#reader)
      this.#host.endFrame()
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      this.close('malformed', `The server sent what no fieldcast server writes: ${error.message}`)
    }
  }

  end(code: number | undefined, text: string): void {
    this.#finish(code ?? CloseReason.lost, text || closeName(code ?? CloseReason.lost))
  }

  send(bytes: Uint8Array): void {
    if (this.isOpen) this.#channel.send(new Frame(bytes))
  }

  ping(): void {
    this.#write(w => messages.putPing(w, this.#host.clock.now(), 0))
  }

  close(reason: CloseName | number, text?: string): void {
    if (this.#state === 'closed') return
    const code = typeof reason === 'number' ? reason : CloseReason[reason]
    const words = text ?? closeName(code)
    this.#write(w => messages.putClose(w, code, words))
    this.#channel.close(code, words)
    this.#finish(code, words)
  }

  #message(op: number, r: Reader): void {
    const host = this.#host
    if (op === Op.Close) {
      const { code, text } = messages.getClose(r)
      this.#channel.close(code, text)
      this.#finish(code, text)
    } else if (op === Op.Ping) {
      const { time, latency } = messages.getPing(r)
      this.#write(w => messages.putPong(w, time, host.clock.now()))
      if (latency > 0) host.measured(latency, time + latency / 2 - host.clock.now())
    } else if (op === Op.Pong) {
      const { echoed, time } = messages.getPong(r)
      const latency = host.clock.now() - echoed
      host.measured(latency, time + latency / 2 - host.clock.now())
      host.pong()
    } else if (Op.isToServer(op)) {
      throw new MalformedError(`message 0x${op.toString(16)} goes from client to server`)
    } else if (op === Op.Hello && this.#state === 'hello') {
      this.#hello(messages.getHello(r))
    } else if (op === Op.Outline && this.#state === 'welcome') {
      host.outline(messages.getOutline(r))
    } else if (op === Op.Welcome && this.#state === 'welcome') {
      const welcome = messages.getWelcome(r)
      this.#state = 'active'
      host.welcome(welcome)
    } else if (this.#state === 'active' && op > Op.Welcome) {
      host.message(op, r)
    } else {
      throw new MalformedError(`message 0x${op.toString(16)} came out of turn`)
    }
  }

  #hello(hello: messages.Hello): void {
    const { connectionType, schemaHash: hash, credentials } = this.#host
    this.#host.hello(hello)
    if (hello.protocol !== protocolVersion)
      return this.close('protocol-mismatch', `The server (${hello.library}) speaks protocol ${hello.protocol}, this client ${protocolVersion}.`)
    this.#state = 'welcome'
    // Both at once: the server reads the login only when it agrees with the selection.
    this.#write(w => {
      messages.putSelect(w, { protocol: protocolVersion, connectionType, hash })
      messages.putLogin(w, credentials)
    })
  }

  #listen(): void {
    if (this.#host.clock.now() - this.#heardAt < this.#host.silenceMs) return
    this.close('heartbeat-timeout')
    this.#channel.abort()
  }

  #write(put: (w: Writer) => void): void {
    const w = new Writer(64)
    put(w)
    this.#channel.send(new Frame(w.slice()))
  }

  #finish(code: number, text: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#watch?.cancel()
    this.#host.closed(code, text)
  }
}
