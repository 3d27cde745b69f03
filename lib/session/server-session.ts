/** The server's end of one connection, from the first byte to the last: handshake, states, heartbeat, limits. Rules 28 to 32 of docs/guarantees.md. */
import { Reader, Writer } from '../base/bytes.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { MalformedError } from '../base/errors.ts'
import { type Channel, type ChannelReceiver, Frame } from '../link/transport.ts'
import { type CloseName, CloseReason } from '../protocol/close.ts'
import { closeText } from '../protocol/close-text.ts'
import { differsMs, type Limits, queryMs } from '../protocol/limits.ts'
import * as messages from '../protocol/messages.ts'
import * as Op from '../protocol/opcodes.ts'
import { protocolVersion } from '../protocol/version.ts'
import { canInflate, type Deflater, inflated, leastInflated } from './deflater.ts'
import { ackBytes, type FrameLog, frameCost } from './frame-log.ts'
import { Gauges } from './gauges.ts'

/** What the session asks of the engine above it. */
export interface ServerSessionHost<C = unknown> {
  readonly clock: Clock
  readonly limits: Limits
  readonly library: string
  readonly motd: string
  readonly schemaHash: string
  readonly connectionTypes: ReadonlySet<string>
  /** Null where nothing is deflated. */
  readonly deflater: Deflater | null
  /** Whether messages are taken beside the objects. */
  readonly talks: boolean
  /** The schema's outline as JSON, for a client whose hash differs. */
  outline(): string
  /** The client has selected and sent its credentials; the engine calls `welcome` or `close`. */
  login(session: ServerSession<C>, credentials: unknown): void
  /** What the server says of itself to a stranger; null for nothing. */
  answer(session: ServerSession<C>, query: messages.Query): messages.Info | null
  /** The client comes from another server; the engine calls `welcome` or `close`. */
  ticket(session: ServerSession<C>, ticket: string): void
  /** The client wants to go on with a session whose connection was lost; the engine calls `resume` or `close`. */
  resume(session: ServerSession<C>, wish: messages.Resume): void
  /** The client has the token of its last `resume`. */
  confirmed(session: ServerSession<C>): void
  /** A message of a welcomed client; reads its body. */
  message(session: ServerSession<C>, op: number, body: Reader): void
  /** A datagram of a welcomed client; reads all of it. */
  datagram(session: ServerSession<C>, body: Reader): void
  /** Says what a violation costs. Not asked before login: there it always costs the connection. */
  violation(session: ServerSession<C>, violation: Violation): 'close' | 'ignore'
  /** The engine itself threw while it handled a message. */
  failed(error: unknown): void
  /** The wire is gone, or as good as that; called once, perhaps after `closed`. */
  ended(session: ServerSession<C>): void
  /** A client that was built from other classes is turned away. `differences`: what it says of them, if anything, a line each, unchecked. */
  mismatched(session: ServerSession<C>, differences: string): void
  /** The connection has ended, for whatever reason; called once. True where the client may come back: the session is then taken up by another, or released. */
  closed(session: ServerSession<C>, code: number, text: string): boolean
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

/** What the one who did it is told. Law 4: that an object exists which the client does not see is nothing to tell it. */
export const told = (reason: ViolationReason): ViolationReason => (reason === 'not-visible' ? 'no-object' : reason)

export interface Violation {
  readonly reason: ViolationReason
  /** What was wrong, for logs. Never sent to the client. */
  readonly detail: string
}

// One for all sessions: a frame is read to its end before the next, and a reader of its own would keep each session's last frame.
const reader = new Reader()
const gauges = new Gauges()

/** Of a session that has no place any more. */
const NOWHERE = -1

/** Whether a frame that begins so is one of those that a client would send again. */
const isCounted = (op: number): boolean => op >= Op.Call && op < Op.Hello

type State = 'select' | 'differs' | 'login' | 'welcoming' | 'active' | 'closed'

/** @typeParam C the engine's own record of the client. */
export class ServerSession<C = unknown> implements ChannelReceiver {
  readonly channel: Channel
  /** Null before the login has succeeded. The engine's to set. */
  client: C | null = null
  /** What is kept of what was sent; null where the client could not come back. */
  log: FrameLog | null = null
  /** Whether the client would come back after a loss. */
  resumes = false
  /** Whether the client takes messages beside the objects. */
  talks = false
  /** The type that it connected as. */
  connectionType = ''
  /** For its large frames; null where they go as they are. */
  #deflater: Deflater | null = null
  readonly #host: ServerSessionHost<C>
  readonly #isForQueries: boolean
  #isAnswered = false
  /** Its place in `gauges`. */
  #place: number
  #handshake: Timer | null
  #state: State = 'select'
  #latency = 0
  #differences = ''
  /** How many of the client's frames have come, and what those cost that it has not been told of. */
  #heard = 0
  #unsaid = 0

  /** @param isForQueries it may ask, soon, and not log in. */
  constructor(channel: Channel, host: ServerSessionHost<C>, isForQueries = false) {
    this.channel = channel
    this.#host = host
    this.#isForQueries = isForQueries
    const { clock, limits } = host
    this.#place = gauges.open(clock.now())
    this.#handshake = isForQueries
      ? clock.after(queryMs, () => this.close('too-many-connections'))
      : clock.after(limits.handshakeMs, () => this.close('handshake-timeout'))
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
    const { limits } = this.#host
    const isDeflated = bytes[0] === Op.Deflated
    // Also where it is then refused: the client counts it too, and it must not come again.
    if (this.log !== null && (isDeflated || isCounted(bytes[0]!))) this.#count(bytes.length)
    if (bytes.length > (this.#state === 'active' ? limits.frame : limits.frameBeforeLogin))
      return this.violate({ reason: 'too-large', detail: `a frame of ${bytes.length} bytes` })
    if (!this.#hear(bytes)) return
    try {
      if (bytes.length === 0) throw new MalformedError('An empty frame.')
      const plain = isDeflated ? this.#inflated(bytes) : bytes
      if (!plain) return
      reader.reset(plain)
      while (reader.remaining > 0 && !this.#ended()) this.#message(reader.u8(), reader)
    } catch (error) {
      this.#unread(error)
    }
  }

  datagram(bytes: Uint8Array): void {
    // It may have overtaken the login, or come after the goodbye.
    if (this.#state !== 'active' || !this.#hear(bytes)) return
    try {
      reader.reset(bytes)
      this.#host.datagram(this, reader)
    } catch (error) {
      this.#unread(error)
    }
  }

  /** The frame in a deflated one; null where it may not come. Paid for before it is made. */
  #inflated(bytes: Uint8Array): Uint8Array | null {
    if (this.#state !== 'active') {
      this.violate({ reason: 'no-login', detail: 'a deflated frame before login' })
      return null
    }
    const { frame, bytesPerSecond } = this.#host.limits
    reader.reset(bytes, 1)
    const size = reader.varint()
    if (size > frame) {
      this.violate({ reason: 'too-large', detail: `a frame of ${size} bytes, deflated` })
      return null
    }
    const more = Math.max(size, leastInflated) - bytes.length
    if (more > 0 && !gauges.takeBytes(this.#place, more, bytesPerSecond)) {
      this.violate({ reason: 'rate', detail: 'too many bytes per second, inflated' })
      return null
    }
    const plain = inflated(bytes.subarray(reader.position), size)
    if (!isCounted(plain[0]!)) throw new MalformedError('What was deflated is no frame of calls.')
    return plain
  }

  /** False where more bytes came than may. */
  #hear(bytes: Uint8Array): boolean {
    const { clock, limits } = this.#host
    gauges.hear(this.#place, clock.now())
    if (gauges.takeBytes(this.#place, bytes.length, limits.bytesPerSecond)) return true
    this.violate({ reason: 'rate', detail: 'too many bytes per second' })
    return false
  }

  #unread(error: unknown): void {
    if (error instanceof MalformedError) return this.violate({ reason: 'malformed', detail: error.message })
    // A fault of ours costs this one connection, never the process.
    this.#host.failed(error)
    this.close('server-error')
  }

  end(code: number | undefined, text: string): void {
    if (!this.#isAnswered) this.#host.ended(this)
    this.#finish(code ?? CloseReason.lost, text || closeText(code ?? CloseReason.lost))
  }

  /** Login has succeeded: from here on messages reach the engine. @param more follows in the same frame. */
  welcome(welcome: Omit<messages.Welcome, 'abilities'>, log: FrameLog | null, more: Uint8Array | null = null): void {
    this.#state = 'active'
    this.#endHandshake()
    const abilities = (this.#deflater !== null && canInflate ? 1 : 0) | (this.#host.talks ? 2 : 0)
    this.#write(w => {
      messages.putWelcome(w, { ...welcome, abilities })
      if (more) w.raw(more)
    })
    this.log = log
  }

  /** Goes on where an older session of the same client was lost, with the frames that it missed. */
  resume(older: ServerSession<unknown>, token: string, sent: number, fresh: boolean): void {
    const log = older.log!
    const now = this.#host.clock.now()
    this.#state = 'active'
    this.#endHandshake()
    this.#heard = older.#heard
    this.#latency = older.#latency
    gauges.close(this.#place)
    this.#place = older.#place
    older.#place = NOWHERE
    older.log = null
    const { resumeMs, silenceMs } = this.#host.limits
    gauges.grant(this.#place, Math.min(now - gauges.heardAt(this.#place), resumeMs + silenceMs))
    gauges.hear(this.#place, now)
    this.#write(w => messages.putResumed(w, { token, heard: this.#heard, sent, fresh, serverTime: now }))
    for (const frame of log.after(sent)) this.#put(frame)
    this.log = log
  }

  /** The client will not come back. */
  release(): void {
    if (this.#place === NOWHERE) return
    gauges.close(this.#place)
    this.#place = NOWHERE
    this.log = null
  }

  /** Ends a connection whose client has come back over another one. */
  drop(): void {
    this.channel.abort()
    this.#finish(CloseReason.lost, closeText(CloseReason.lost))
  }

  /** When the peer was heard last, by the clock, ms. */
  get heardAt(): number {
    return gauges.heardAt(this.#place)
  }

  /** One call more: false when that is one too many. */
  countCall(): boolean {
    // By the time of the frame that it came in: the clock would cost more than all other checks.
    return gauges.takeCall(this.#place, this.#host.limits.callsPerSecond)
  }

  send(frame: Frame): void {
    if (this.log !== null) this.log.add(frame)
    if (this.#state !== 'closed') this.#put(frame)
  }

  #put(frame: Frame): void {
    this.channel.send(this.#deflater === null ? frame : this.#deflater.wireOf(frame))
  }

  /** Punishes by the engine's policy; before login always with the connection's end. */
  violate(violation: Violation): void {
    if (this.#state === 'closed') return
    const verdict = this.#host.violation(this, violation)
    if (verdict === 'close' || this.#state !== 'active') this.close(told(violation.reason))
  }

  /** Says why, then ends the connection. */
  close(reason: CloseName | number, text?: string): void {
    if (this.#state === 'closed') return
    const code = typeof reason === 'number' ? reason : CloseReason[reason]
    const words = text === undefined ? closeText(code) : messages.shortened(text)
    this.#write(w => messages.putClose(w, code, words))
    this.channel.close(code, words)
    this.#finish(code, words)
  }

  /** Pings, and gives up on a silent peer. Called by the server's heartbeat for network channels. */
  beat(): void {
    if (this.#state === 'closed') return
    const { clock, limits } = this.#host
    const now = clock.now()
    if (this.overflows()) return
    if (now - gauges.heardAt(this.#place) >= limits.silenceMs) {
      this.close('heartbeat-timeout')
      this.channel.abort()
    } else if (this.#state === 'active') {
      this.#write(w => messages.putPing(w, now, this.#latency, this.#say()))
    }
  }

  /** Closes a peer that does not read at all: answers to its own pings, and messages, must not pile up either. The flush watches whatever else it is sent. */
  overflows(): boolean {
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
    if (op === Op.Ping) return this.#ping(messages.getPing(r))
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
    if (op === Op.Query) return this.#query(messages.getQuery(r))
    if (op === Op.Resume) return this.#resume(r)
    if (op === Op.Ticket) return this.#ticket(r)
    if (op === Op.Ack) return this.#confirmed(r)
    if (this.#state === 'active') return this.#host.message(this, op, r)
    this.violate({ reason: 'no-login', detail: `message 0x${op.toString(16)} before login` })
  }

  #ping({ time, heard }: { time: number; heard: number }): void {
    this.#arrived(heard)
    if (this.overflows()) return
    this.#write(w => messages.putPong(w, time, this.#host.clock.now(), this.#say()))
  }

  /** One frame more of those that the client would send again. */
  #count(bytes: number): void {
    this.#heard++
    this.#unsaid += bytes + frameCost
    if (this.#unsaid >= ackBytes) this.#write(w => messages.putAck(w, this.#say()))
  }

  /** How many have come, for the client to be told. */
  #say(): number {
    this.#unsaid = 0
    return this.#heard
  }

  /** So many frames have arrived at the client. */
  #arrived(count: number): void {
    if (this.log !== null && !this.log.ack(count))
      throw new MalformedError(`${count} frames are acknowledged, more than were sent.`)
  }

  #confirmed(r: Reader): void {
    if (this.#state !== 'active') return this.violate({ reason: 'no-login', detail: 'an acknowledgement before login' })
    this.#arrived(r.varint())
    this.#host.confirmed(this)
  }

  #query(query: messages.Query): void {
    if (this.#state !== 'select') return this.violate({ reason: 'second-hello', detail: 'a query behind a select' })
    const info = this.#host.answer(this, query)
    if (!info) return this.close('normal', 'This server answers no queries.')
    this.#write(w => messages.putInfo(w, info))
    this.close('normal')
    // It says nothing any more: its address is free to connect again.
    this.#isAnswered = true
    this.#host.ended(this)
  }

  #select(select: messages.Select): void {
    const { channel } = this
    const { protocol, connectionType, hash, resumes = false, deflates = false, talks = false } = select
    const host = this.#host
    if (this.#state !== 'select') return this.violate({ reason: 'second-hello', detail: 'a second select' })
    if (this.#isForQueries) return this.close('too-many-connections')
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
    this.resumes = resumes
    this.talks = talks
    this.connectionType = connectionType
    // A wire that compresses by itself would do so in vain.
    if (deflates && channel.network && !channel.compresses) this.#deflater = host.deflater
    this.#state = 'login'
  }

  /** The last word of a client that was built from other classes. */
  #differs(op: number, r: Reader): void {
    // Written together with the select, it may come after it.
    if (op === Op.Login || op === Op.Ticket) return void r.take(r.varint())
    if (op === Op.Resume) return void messages.getResume(r)
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

  #ticket(r: Reader): void {
    if (this.#state === 'select') return this.violate({ reason: 'no-login', detail: 'a ticket before the select' })
    const ticket = r.text(this.#host.limits.frameBeforeLogin)
    if (this.#state !== 'login') return this.violate({ reason: 'second-hello', detail: 'a second login' })
    this.#state = 'welcoming'
    this.#host.ticket(this, ticket)
  }

  #resume(r: Reader): void {
    if (this.#state === 'select') return this.violate({ reason: 'no-login', detail: 'a resume before the select' })
    if (this.#state !== 'login') return this.violate({ reason: 'second-hello', detail: 'a second login' })
    const wish = messages.getResume(r)
    this.#state = 'welcoming'
    this.#host.resume(this, wish)
  }

  #pong({ echoed, heard }: { echoed: number; heard: number }): void {
    this.#arrived(heard)
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
    if (differed) this.#host.mismatched(this, this.#differences)
    if (!this.#host.closed(this, code, text)) this.release()
  }
}
