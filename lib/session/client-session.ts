/** The client's end of one connection: handshake, heartbeat, close. Rules 28 to 31 of docs/guarantees.md. */
import { Reader, Writer } from '../base/bytes.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { Deferred } from '../base/deferred.ts'
import { MalformedError } from '../base/errors.ts'
import { type Channel, type ChannelReceiver, Frame } from '../link/transport.ts'
import { type CloseName, CloseReason, closeName } from '../protocol/close.ts'
import { heartbeatMs, silenceMs } from '../protocol/limits.ts'
import * as messages from '../protocol/messages.ts'
import * as Op from '../protocol/opcodes.ts'
import { protocolVersion } from '../protocol/version.ts'
import { endedBefore } from './ended.ts'

/** What the session asks of the client above it. */
export interface ClientSessionHost {
  readonly clock: Clock
  readonly selection: messages.Select
  /** The credentials as JSON. */
  readonly credentials: string
  hello(hello: messages.Hello): void
  /** The server's outline: it was built from other classes, and will close when it has heard what differs. */
  outline(json: string): void
  welcome(welcome: messages.Welcome): void
  /** Who hears of what follows the welcome. */
  readonly inbox: {
    beginFrame(): void
    /** One message; reads its body. */
    receive(op: number, body: Reader): void
  }
  endFrame(): void
  /** A round trip was measured, ms; in the middle of it the server's clock said `time`. */
  measured(latency: number, time: number): void
  /** The connection has ended; called once. */
  closed(code: number, text: string): void
}

type State = 'hello' | 'welcome' | 'active' | 'closed'

export class ClientSession implements ChannelReceiver {
  readonly #channel: Channel
  readonly #host: ClientSessionHost
  readonly #reader = new Reader()
  readonly #watch: Timer | undefined
  readonly #pings: Deferred<number>[] = []
  #state: State = 'hello'
  #heardAt: number

  constructor(channel: Channel, host: ClientSessionHost) {
    this.#channel = channel
    this.#host = host
    this.#heardAt = host.clock.now()
    if (channel.network) this.#watch = host.clock.every(heartbeatMs, () => this.#listen())
  }

  get isOpen(): boolean {
    return this.#state !== 'closed'
  }

  get buffered(): number {
    return this.#channel.buffered
  }

  frame(bytes: Uint8Array): void {
    if (!this.isOpen) return
    this.#heardAt = this.#host.clock.now()
    try {
      this.#reader.reset(bytes)
      this.#host.inbox.beginFrame()
      while (this.#reader.remaining > 0 && this.isOpen) this.#message(this.#reader.u8(), this.#reader)
      this.#host.endFrame()
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      this.close('malformed', `The server broke the protocol: ${error.message}`)
    }
  }

  end(code: number = CloseReason.lost, text: string): void {
    this.#finish(code, text || closeName(code))
  }

  send(bytes: Uint8Array): void {
    this.#channel.send(new Frame(bytes))
  }

  /** Says what differs from a server that was built from other classes. It will close. */
  differs(lines: string): void {
    this.#write(w => messages.putDiffers(w, lines))
  }

  /** Measures the round trip now, ms. Rejects with Disconnected where the connection ends first. */
  ping(): Promise<number> {
    const ping = new Deferred<number>()
    this.#pings.push(ping)
    if (this.isOpen) this.#write(w => messages.putPing(w, this.#host.clock.now(), 0))
    else this.#losePings(CloseReason.normal)
    return ping.promise
  }

  close(reason: CloseName, text: string = reason): void {
    if (!this.isOpen) return
    const code = CloseReason[reason]
    this.#write(w => messages.putClose(w, code, text))
    this.#leave(code, text)
  }

  #message(op: number, r: Reader): void {
    const host = this.#host
    if (op === Op.Close) {
      const { code, text } = messages.getClose(r)
      this.#leave(code, text)
    } else if (op === Op.Ping) {
      const { time, latency } = messages.getPing(r)
      this.#write(w => messages.putPong(w, time, this.#heardAt))
      if (latency > 0) host.measured(latency, time)
    } else if (op === Op.Pong) {
      const { echoed, time } = messages.getPong(r)
      const latency = this.#heardAt - echoed
      host.measured(latency, time)
      this.#pings.shift()?.resolve(latency)
    } else if (op === Op.Hello && this.#state === 'hello') {
      this.#hello(messages.getHello(r))
    } else if (op === Op.Outline && this.#state === 'welcome') {
      host.outline(messages.getOutline(r))
    } else if (op === Op.Welcome && this.#state === 'welcome') {
      this.#state = 'active'
      host.welcome(messages.getWelcome(r))
    } else if (op > Op.Welcome && this.#state === 'active') {
      host.inbox.receive(op, r)
    } else {
      throw new MalformedError(`message 0x${op.toString(16)} came out of turn`)
    }
  }

  #hello(hello: messages.Hello): void {
    const { selection, credentials } = this.#host
    this.#host.hello(hello)
    if (hello.protocol !== protocolVersion)
      return this.close(
        'protocol-mismatch',
        `The server (${hello.library}) speaks protocol ${hello.protocol}, this client ${protocolVersion}.`,
      )
    this.#state = 'welcome'
    // Both at once: the server reads the login only when it agrees with the selection.
    this.#write(w => {
      messages.putSelect(w, selection)
      messages.putLogin(w, credentials)
    })
  }

  #listen(): void {
    const silence = this.#host.clock.now() - this.#heardAt
    // A server may have turned its own heartbeat off.
    if (silence < silenceMs) return silence < heartbeatMs ? undefined : void this.ping()
    this.close('heartbeat-timeout')
    this.#channel.abort()
  }

  #write(put: (w: Writer) => void): void {
    const w = new Writer(64)
    put(w)
    this.send(w.slice())
  }

  #leave(code: number, text: string): void {
    this.#channel.close(code, text)
    this.#finish(code, text)
  }

  #finish(code: number, text: string): void {
    if (!this.isOpen) return
    this.#state = 'closed'
    this.#watch?.cancel()
    this.#losePings(code)
    this.#host.closed(code, text)
  }

  #losePings(code: number): void {
    for (const ping of this.#pings.splice(0)) ping.reject(endedBefore('a ping', code))
  }
}
