/** The client's end of one connection: handshake, heartbeat, close. Rules 28 to 31 of docs/guarantees.md. */
import { Reader, Writer } from '../base/bytes.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { Deferred } from '../base/deferred.ts'
import { MalformedError } from '../base/errors.ts'
import { type Channel, type ChannelReceiver, type Datagrams, Frame } from '../link/transport.ts'
import { type CloseName, CloseReason, closeName } from '../protocol/close.ts'
import { heartbeatMs, silenceMs } from '../protocol/limits.ts'
import * as messages from '../protocol/messages.ts'
import * as Op from '../protocol/opcodes.ts'
import { endedBefore } from './ended.ts'

/** What the session asks of the client above it. */
export interface ClientSessionHost {
  readonly clock: Clock
  readonly selection: messages.Select
  /** Writes who this is: a login, or the wish to go on with a session whose connection was lost. */
  introduce(w: Writer): void
  /** What is counted so that the session may go on over another connection; null where it never does. */
  readonly link: Link | undefined
  /** The server's first words. Gives the reason, where it cannot be talked to. */
  hello(hello: messages.Hello): string | undefined
  /** The server's outline: it was built from other classes, and will close when it has heard what differs. */
  outline(json: string): void
  welcome(welcome: messages.Welcome): void
  /** Who hears of what follows the welcome. */
  readonly inbox: {
    beginFrame(isDatagram: boolean): void
    /** One message; reads its body. */
    receive(op: number, body: Reader): void
  }
  endFrame(): void
  /** Another server is to go on with the client, as it reads; this one closes. */
  transfer(r: Reader): void
  /** A round trip was measured, ms; in the middle of it the server's clock said `time`. */
  measured(latency: number, time: number): void
  /** The connection has ended; called once. */
  closed(code: number, text: string, session: ClientSession): void
}

/** The frames of a session, whichever connection they come and go by. */
export interface Link {
  /** No connection carries them now. */
  readonly isAway: boolean
  /** A frame of `bytes` has come. */
  count(bytes: number): void
  /** How many have come, for the server to be told. */
  say(): number
  /** So many of this side's have arrived. False where that is more than were sent. */
  arrived(count: number): boolean
  /** The server goes on with the session; reads what it says. */
  resumed(session: ClientSession, r: Reader): void
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
  /** Large frames may leave deflated. */
  declare deflates: number | null | undefined

  constructor(channel: Channel, host: ClientSessionHost) {
    this.#channel = channel
    this.#host = host
    this.#heardAt = host.clock.now()
    if (channel.network) this.#watch = host.clock.every(heartbeatMs, () => this.#listen())
  }

  get isOpen(): boolean {
    return this.#state !== 'closed'
  }

  /** The handshake is over. */
  get isActive(): boolean {
    return this.#state === 'active'
  }

  get buffered(): number {
    return this.#channel.buffered
  }

  frame(bytes: Uint8Array): void {
    this.arrive(bytes)
    this.read(bytes)
  }

  datagram(bytes: Uint8Array): void {
    if (this.#state === 'active') this.#read(bytes, true)
  }

  /** The wire has ended, though what came by it may still be read: silence means nothing any more. */
  unwatch(): void {
    this.#watch?.cancel()
  }

  /** A frame has come, which may be read later. */
  arrive(bytes: Uint8Array): void {
    this.#heardAt = this.#host.clock.now()
    if (bytes[0]! > Op.Welcome) this.#host.link?.count(bytes.length)
  }

  read(bytes: Uint8Array): void {
    if (this.isOpen) this.#read(bytes, false)
  }

  #read(bytes: Uint8Array, isDatagram: boolean): void {
    try {
      this.#reader.reset(bytes)
      this.#host.inbox.beginFrame(isDatagram)
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

  send(frame: Frame): void {
    this.#channel.send(frame)
  }

  /** What the wire has besides frames. */
  get datagrams(): Datagrams | undefined {
    return this.#channel.datagrams
  }

  /** Measures the round trip now, ms. Rejects with Disconnected where the connection ends first. */
  ping(): Promise<number> {
    const ping = new Deferred<number>()
    this.#pings.push(ping)
    if (this.isOpen) this.write(w => messages.putPing(w, this.#host.clock.now(), 0, this.#host.link?.say()))
    else this.#losePings(CloseReason.normal)
    return ping.promise
  }

  close(reason: CloseName, text: string = reason): void {
    if (!this.isOpen) return
    const code = CloseReason[reason]
    this.write(w => messages.putClose(w, code, text))
    this.#leave(code, text)
  }

  #message(op: number, r: Reader): void {
    const host = this.#host
    const state = this.#state
    if (op === Op.Close) {
      const { code, text } = messages.getClose(r)
      this.#leave(code, text)
    } else if (op === Op.Ping) {
      const { time, latency, heard } = messages.getPing(r)
      this.#arrived(heard)
      this.write(w => messages.putPong(w, time, this.#heardAt, host.link?.say()))
      if (latency > 0) host.measured(latency, time)
    } else if (op === Op.Pong) {
      const { echoed, time, heard } = messages.getPong(r)
      this.#arrived(heard)
      const latency = this.#heardAt - echoed
      host.measured(latency, time)
      this.#pings.shift()?.resolve(latency)
    } else if (op === Op.Ack) {
      this.#arrived(r.varint())
    } else if (op === Op.Hello && state === 'hello') {
      this.#hello(messages.getHello(r))
    } else if (op === Op.Outline && state === 'welcome') {
      host.outline(messages.getOutline(r))
    } else if (op === Op.Welcome && state === 'welcome') {
      this.#state = 'active'
      host.welcome(messages.getWelcome(r))
    } else if (op === Op.Resumed && state === 'welcome' && host.link?.isAway) {
      this.#state = 'active'
      host.link.resumed(this, r)
    } else if (op === Op.Transfer && state === 'active') {
      host.transfer(r)
    } else if (op > Op.Welcome && state === 'active') {
      host.inbox.receive(op, r)
    } else {
      throw new MalformedError(`message 0x${op.toString(16)} came out of turn`)
    }
  }

  #hello(hello: messages.Hello): void {
    const { selection } = this.#host
    const fault = this.#host.hello(hello)
    if (fault) return this.close('protocol-mismatch', fault)
    this.#state = 'welcome'
    // Both at once: the server reads the login only when it agrees with the selection.
    this.write(w => {
      messages.putSelect(w, selection)
      this.#host.introduce(w)
    })
  }

  #listen(): void {
    const silence = this.#host.clock.now() - this.#heardAt
    // A server may have turned its own heartbeat off.
    if (silence < silenceMs) return silence < heartbeatMs ? undefined : void this.ping()
    this.close('heartbeat-timeout')
    this.#channel.abort()
  }

  /** So many of this side's frames have arrived. */
  #arrived(count: number): void {
    if (this.#host.link?.arrived(count) === false) throw new MalformedError('what was never sent is acknowledged')
  }

  /** Sends what belongs to this connection alone. */
  write(put: (w: Writer) => void): void {
    const w = new Writer(64)
    put(w)
    this.send(new Frame(w.slice()))
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
    this.#host.closed(code, text, this)
  }

  #losePings(code: number): void {
    for (const ping of this.#pings.splice(0)) ping.reject(endedBefore('a ping', code))
  }
}
