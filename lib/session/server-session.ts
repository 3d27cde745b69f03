/** The server's end of one connection, from the first byte to the last: handshake, states, heartbeat, limits. Rules 28 to 32 of docs/guarantees.md. */
import { Reader, Writer } from '../base/bytes.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { MalformedError } from '../base/errors.ts'
import { type Channel, type ChannelReceiver, Frame } from '../link/transport.ts'
import { type CloseName, CloseReason } from '../protocol/close.ts'
import { closeText } from '../protocol/close-text.ts'
import { differsMs, type Limits } from '../protocol/limits.ts'
import * as messages from '../protocol/messages.ts'
import * as Op from '../protocol/opcodes.ts'
import { protocolVersion } from '../protocol/version.ts'
import { Gauges } from './gauges.ts'

/** What the session asks of the engine above it. */
export interface ServerSessionHost<C = unknown> {
  readonly clock: Clock
  readonly limits: Limits
  readonly library: string
  readonly motd: string
  readonly schemaHash: string
  readonly connectionTypes: ReadonlySet<string>
  /** The schema's outline as JSON, for a client whose hash differs. */
  outline(): string
  /** The client has selected and sent its credentials; the engine calls `welcome` or `close`. */
  login(session: ServerSession<C>, credentials: unknown): void
  /** A message of a welcomed client; reads its body. */
  message(session: ServerSession<C>, op: number, body: Reader): void
  /** Says what a violation costs. Not asked before login: there it always costs the connection. */
  violation(session: ServerSession<C>, violation: Violation): 'close' | 'ignore'
  /** The engine itself threw while it handled a message. */
  failed(error: unknown): void
  /** The wire is gone; called once, perhaps after `closed`. */
  ended(session: ServerSession<C>): void
  /** A client that was built from other classes is turned away. `differences`: what it says of them, if anything, a line each, unchecked. */
  mismatched(session: ServerSession<C>, differences: string): void
  /** The connection has ended, for whatever reason; called once. */
  closed(session: ServerSession<C>, code: number, text: string): void
}

/** The close reasons that are violations. Rule 10. */
export type ViolationReason = Extract<
  CloseName,
  | 'no-login'
  | 'no-object'
  | 'not-visible'
  | 'no-field'
  | 'no-permission'
  | 'bad-arguments'
  | 'rate'
  | 'malformed'
  | 'wrong-direction'
  | 'too-large'
  | 'invalid-class'
  | 'hidden-zone'
  | 'second-hello'
>

export interface Violation {
  readonly reason: ViolationReason
  /** What was wrong, for logs. Never sent to the client. */
  readonly detail: string
}

// One for all sessions: a frame is read to its end before the next, and a reader of its own would keep each session's last frame.
const reader = new Reader()
const gauges = new Gauges()

type State = 'select' | 'differs' | 'login' | 'welcoming' | 'active' | 'closed'

/** @typeParam C the engine's own record of the client. */
export class ServerSession<C = unknown> implements ChannelReceiver {
  readonly channel: Channel
  /** Null before the login has succeeded. The engine's to set. */
  client: C | null = null
  readonly #host: ServerSessionHost<C>
  /** Its place in `gauges`. */
  readonly #place: number
  #handshake: Timer | null
  #state: State = 'select'
  #latency = 0
  #differences = ''

  constructor(channel: Channel, host: ServerSessionHost<C>) {
    this.channel = channel
    this.#host = host
    const { clock, limits } = host
    this.#place = gauges.open(clock.now())
    this.#handshake = clock.after(limits.handshakeMs, () => this.close('handshake-timeout'))
    this.#write(w => messages.putHello(w, host))
  }

  get state(): State {
    return this.#state
  }

  /** Round trip in ms as last measured; 0 before. */
  get latency(): number {
    return this.#latency
  }

  frame(bytes: Uint8Array): void {
    if (this.#state === 'closed') return
    const { clock, limits } = this.#host
    gauges.hear(this.#place, clock.now())
    if (bytes.length > (this.#state === 'active' ? limits.frame : limits.frameBeforeLogin))
      return this.violate({ reason: 'too-large', detail: `a frame of ${bytes.length} bytes` })
    if (!gauges.takeBytes(this.#place, bytes.length, limits.bytesPerSecond))
      return this.violate({ reason: 'rate', detail: 'too many bytes per second' })
    try {
      if (bytes.length === 0) throw new MalformedError('An empty frame.')
      reader.reset(bytes)
      while (reader.remaining > 0 && !this.#ended()) this.#message(reader.u8(), reader)
    } catch (error) {
      if (error instanceof MalformedError) return this.violate({ reason: 'malformed', detail: error.message })
      // A fault of ours costs this one connection, never the process.
      this.#host.failed(error)
      this.close('server-error')
    }
  }

  end(code: number | undefined, text: string): void {
    this.#host.ended(this)
    this.#finish(code ?? CloseReason.lost, text || closeText(code ?? CloseReason.lost))
  }

  /** Login has succeeded: from here on messages reach the engine. */
  welcome(welcome: messages.Welcome): void {
    this.#state = 'active'
    this.#endHandshake()
    this.#write(w => messages.putWelcome(w, welcome))
  }

  /** One call more: false when that is one too many. */
  countCall(): boolean {
    // By the time of the frame that it came in: the clock would cost more than all other checks.
    return gauges.takeCall(this.#place, this.#host.limits.callsPerSecond)
  }

  send(frame: Frame): void {
    if (this.#state !== 'closed') this.channel.send(frame)
  }

  /** Punishes by the engine's policy; before login always with the connection's end. */
  violate(violation: Violation): void {
    if (this.#state === 'closed') return
    const verdict = this.#host.violation(this, violation)
    // Law 4: that an object exists which the client does not see is nothing to tell it.
    const told = violation.reason === 'not-visible' ? 'no-object' : violation.reason
    if (verdict === 'close' || this.#state !== 'active') this.close(told)
  }

  /** Says why, then ends the connection. */
  close(reason: CloseName | number, text?: string): void {
    if (this.#state === 'closed') return
    const code = typeof reason === 'number' ? reason : CloseReason[reason]
    const words = text ?? closeText(code)
    this.#write(w => messages.putClose(w, code, words))
    this.channel.close(code, words)
    this.#finish(code, words)
  }

  /** Pings, and gives up on a silent peer. Called by the server's heartbeat for network channels. */
  beat(): void {
    if (this.#state === 'closed') return
    const { clock, limits } = this.#host
    const now = clock.now()
    if (this.#overflows()) return
    if (now - gauges.heardAt(this.#place) >= limits.silenceMs) {
      this.close('heartbeat-timeout')
      this.channel.abort()
    } else if (this.#state === 'active') {
      this.#write(w => messages.putPing(w, now, this.#latency))
    }
  }

  /** Closes a peer that does not read at all: answers to its own pings must not pile up either. The flush watches whatever else it is sent. */
  #overflows(): boolean {
    if (this.channel.buffered <= this.#host.limits.waitingBytes * 2) return false
    this.close('too-slow')
    this.channel.abort()
    return true
  }

  // A method, so that the compiler does not take the state for unchanged across a message.
  #ended(): boolean {
    return this.#state === 'closed'
  }

  #message(op: number, r: Reader): void {
    // First what comes most.
    if (op === Op.Call && this.#state === 'active') return this.#host.message(this, op, r)
    if (op === Op.Close) {
      const { code, text } = messages.getClose(r)
      this.channel.close(code, text)
      return this.#finish(code, text)
    }
    if (op === Op.Ping) return this.#ping(messages.getPing(r).time)
    if (op === Op.Pong) return this.#pong(messages.getPong(r))
    if (Op.isToClient(op)) {
      // What follows has no length of its own: the rest of the frame cannot be told apart.
      r.take(r.remaining)
      return this.violate({
        reason: 'wrong-direction',
        detail: `message 0x${op.toString(16)} goes from server to client`,
      })
    }
    if (this.#state === 'differs') return this.#differs(op, r)
    if (op === Op.Select) return this.#select(messages.getSelect(r))
    if (op === Op.Login) return this.#login(r)
    if (this.#state === 'active') return this.#host.message(this, op, r)
    this.violate({ reason: 'no-login', detail: `message 0x${op.toString(16)} before login` })
  }

  #ping(time: number): void {
    if (this.#overflows()) return
    this.#write(w => messages.putPong(w, time, this.#host.clock.now()))
  }

  #select({ protocol, connectionType, hash }: messages.Select): void {
    const host = this.#host
    if (this.#state !== 'select') return this.violate({ reason: 'second-hello', detail: 'a second select' })
    if (protocol !== protocolVersion)
      return this.close('protocol-mismatch', `The server speaks protocol ${protocolVersion}, the client ${protocol}.`)
    if (!host.connectionTypes.has(connectionType)) return this.close('unknown-connection-type')
    if (hash !== host.schemaHash) {
      this.#write(w => messages.putOutline(w, host.outline()))
      this.#endHandshake()
      this.#handshake = host.clock.after(differsMs, () => this.close('schema-mismatch'))
      this.#state = 'differs'
      return
    }
    this.#state = 'login'
  }

  /** The last word of a client that was built from other classes. */
  #differs(op: number, r: Reader): void {
    // Written together with the select, it may come after it.
    if (op === Op.Login) return void r.take(r.varint())
    if (op === Op.Select) return this.violate({ reason: 'second-hello', detail: 'a second select' })
    if (op !== Op.Differs)
      return this.violate({ reason: 'no-login', detail: `message 0x${op.toString(16)} before login` })
    this.#differences = messages.getDiffers(r)
    this.close('schema-mismatch')
  }

  #login(r: Reader): void {
    if (this.#state === 'select') return this.violate({ reason: 'no-login', detail: 'a login before the select' })
    const credentials = messages.getLogin(r, this.#host.limits.frameBeforeLogin)
    if (this.#state !== 'login') return this.violate({ reason: 'second-hello', detail: 'a second login' })
    this.#state = 'welcoming'
    this.#host.login(this, credentials)
  }

  #pong({ echoed }: { echoed: number }): void {
    const ms = gauges.heardAt(this.#place) - echoed
    // An echo of what was never sent: ignored, for it can harm only its sender's own figure.
    if (!(ms >= 0 && ms <= this.#host.limits.silenceMs)) return
    this.#latency = ms
  }

  /** The timer is not kept either: there is one session for each connection. */
  #endHandshake(): void {
    this.#handshake?.cancel()
    this.#handshake = null
  }

  #write(put: (w: Writer) => void): void {
    const w = new Writer(64)
    put(w)
    this.channel.send(new Frame(w.slice()))
  }

  #finish(code: number, text: string): void {
    if (this.#state === 'closed') return
    const differed = this.#state === 'differs'
    this.#state = 'closed'
    this.#endHandshake()
    gauges.close(this.#place)
    if (differed) this.#host.mismatched(this, this.#differences)
    this.#host.closed(this, code, text)
  }
}
