/**
 * Brings a lost connection back: dials again with growing pauses, goes on with the session where it was, and keeps what is sent meanwhile. Loaded late, with
 * beside.ts. Rule 26 of docs/guarantees.md, and "Resuming" in docs/protocol.md.
 */
import type { Reader, Writer } from '../../base/bytes.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Emitter } from '../../base/emitter.ts'
import { type Random, systemRandom } from '../../base/random.ts'
import type { Channel, ChannelReceiver, Frame } from '../../link/transport.ts'
import type { Field } from '../../schema/network-class.ts'
import type { ClientSession, Link } from '../../session/client-session.ts'
import { ackBytes, FrameLog, frameCost } from '../../session/frame-log.ts'
import { beginAfresh, endAfresh, type Told } from './afresh.ts'
import type { ClientEvents } from './events.ts'
import type { ViewBody } from './view-body.ts'

// As in protocol/opcodes.ts and close.ts, which the first piece has: bundlers would cut them out of it.
const op = { Ack: 0x04, Call: 0x12, Resume: 0x1b }
const lost = 13
const heartbeatTimeout = 10
/** Close codes with which an attempt may fail, and be followed by another: those of a loss, and handshake-timeout and too-many-connections. */
const passing = [lost, heartbeatTimeout, 9, 12]

/** The client that it is for. */
export interface Reconnectable {
  readonly clock: Clock
  /** Nothing has been shown to the game before that. */
  readonly isReady: boolean
  /** It goes on over this connection; null while there is none. */
  carry(session: ClientSession | null): void
  /** Ms that the server's clock is ahead. */
  offset: number
  dial(accept: (channel: Channel) => ChannelReceiver): Promise<void>
  /** A session on a new connection. */
  begin(channel: Channel): { readonly session: ClientSession; readonly receiver: ChannelReceiver }
  /** Tells the game something in its turn. */
  tell(what: () => void): void
  /** The end, for good. */
  end(code: number, text: string): void
}

/** What sends for it. */
interface Calls {
  put(op: number, put: (w: Writer) => void): void
  /** Those that left as datagrams. */
  readonly flights: { land(): void } | undefined
}

/** What is kept for the server while a connection stands, bytes: more than may wait for it before it counts as too slow. */
const keptBytes = 8 << 20
/** What may gather while none does, bytes. */
const gatheredBytes = 256 << 10
const firstPauseMs = 250
const longestPauseMs = 5000
const longestAttemptMs = 5000

interface Attempt {
  session: ClientSession | null
  isOver: boolean
  timer: Timer | null
}

export class Reconnect implements Link {
  readonly #client: Reconnectable
  readonly #random: Random
  readonly #attemptMs: number
  readonly #outgoing: Calls
  readonly #emitter: Emitter<ClientEvents>
  readonly #log = new FrameLog(keptBytes)
  #token = ''
  #windowMs = 0
  /** The connection that carries the session, or did last. */
  #session: ClientSession | null = null
  #heard = 0
  #unsaid = 0
  /** While the connection is lost. */
  #away: { readonly code: number; readonly text: string; readonly at: number; readonly cost: number } | null = null
  #attempt: Attempt | null = null
  #tries = 0
  #timer: Timer | null = null
  #isOver = false
  /** The newest calls of Latest fields that were sent meanwhile. */
  readonly #latest = new Map<
    string,
    { readonly body: ViewBody; readonly field: Field; readonly put: (w: Writer) => void }
  >()
  /** The other calls that were sent meanwhile. */
  #gathered: { readonly object: number; readonly field: string }[] = []
  /** Frames up to this one had been handled when the connection came back. */
  #settled = 0

  constructor(
    client: Reconnectable,
    { random = systemRandom, handshakeMs = 10_000 }: { readonly random?: Random; readonly handshakeMs?: number },
    outgoing: Calls,
    emitter: Emitter<ClientEvents>,
  ) {
    this.#client = client
    this.#random = random
    this.#attemptMs = Math.min(handshakeMs, longestAttemptMs)
    this.#outgoing = outgoing
    this.#emitter = emitter
  }

  /** The server has welcomed the client. */
  offered(session: ClientSession, token: string, windowMs: number): void {
    this.#session = session
    this.#token = token
    this.#windowMs = windowMs
  }

  // ---- frames

  /** The number of the frame that is sent next. */
  get next(): number {
    return this.#log.sent + 1
  }

  /** Keeps a frame until it has arrived. False where no connection takes it now. */
  send(frame: Frame): boolean {
    if (this.#token) this.#log.add(frame)
    return this.#away === null
  }

  count(bytes: number): void {
    this.#heard++
    this.#unsaid += bytes + frameCost
    if (this.#unsaid >= ackBytes && this.#token) this.#acknowledge(this.#session!)
  }

  say(): number {
    this.#unsaid = 0
    return this.#heard
  }

  arrived(count: number): boolean {
    return !this.#token || this.#log.ack(count)
  }

  #acknowledge(session: ClientSession): void {
    session.write(w => {
      w.u8(op.Ack)
      w.varint(this.say())
    })
  }

  // ---- calls while the connection is lost

  get isAway(): boolean {
    return this.#away !== null
  }

  /** Nothing more of so many bytes can be kept until the connection is back. */
  isFull(bytes: number): boolean {
    return this.#isOver || (this.#away !== null && this.#log.cost - this.#away.cost + bytes > gatheredBytes)
  }

  /** Keeps the newest call of a Latest field. */
  keepLatest(body: ViewBody, field: Field, put: (w: Writer) => void): void {
    const place = `${body.id}.${field.key}`
    this.#latest.delete(place)
    this.#latest.set(place, { body, field, put })
  }

  /** A call waits for the connection. */
  gather(object: number, field: Field): void {
    this.#gathered.push({ object, field: field.path })
  }

  /** Nothing that was sent while the connection was lost will leave any more. */
  drop(): void {
    const latest = [...this.#latest.values()].map(({ body, field }) => ({ object: body.id, field: field.path }))
    const calls = this.#gathered.concat(latest)
    this.#gathered = []
    this.#latest.clear()
    for (const call of calls) this.#emitter.emit('dropped', { ...call, why: 'disconnected' })
  }

  // ---- loss and return

  /** A session has ended. True where that is not the end. */
  closed(session: ClientSession, code: number, text: string): boolean {
    const attempt = this.#attempt
    if (attempt && session === attempt.session) {
      if (passing.includes(code)) this.#failed(attempt)
      else this.#end(code, text)
      return true
    }
    return this.#session !== null && this.lose(session, code, text)
  }

  /** A wire has ended, of which frames may still wait to be read. */
  lose(session: ClientSession, code: number, text: string): boolean {
    const client = this.#client
    if (session !== this.#session) return true
    if (this.#away) return !this.#isOver
    if (this.#isOver || !this.#token || !client.isReady || (code !== lost && code !== heartbeatTimeout)) return false
    this.#away = { code, text, at: client.clock.now(), cost: this.#log.cost }
    this.#log.hold(frame => frame)
    this.#tries = 0
    this.#outgoing.flights?.land()
    client.carry(null)
    const windowMs = this.#windowMs
    const reason = code === lost ? 'lost' : 'heartbeat-timeout'
    client.tell(() => this.#emitter.emit('lost', { code, reason, text, windowMs }))
    // Whoever heard of that may have closed the client.
    if (this.#away && !this.#isOver) this.#try()
    return true
  }

  /** The game has given up. */
  stop(): void {
    this.#isOver = true
    this.#timer?.cancel()
    if (this.#attempt) this.#drop(this.#attempt)
  }

  /** Writes what stands in the place of a login. False where a login is to. */
  introduce(w: Writer): boolean {
    if (!this.#away) return false
    w.u8(op.Resume)
    w.text(this.#token)
    w.varint(this.#heard)
    return true
  }

  resumed(session: ClientSession, r: Reader): void {
    const [token, heard, sent, fresh, serverTime] = [r.text(64), r.varint(), r.varint(), r.u8() === 1, r.f64()]
    const { code, text, at } = this.#away!
    const log = this.#log
    const attempt = this.#attempt!
    this.#attempt = null
    attempt.isOver = true
    attempt.timer?.cancel()
    if (!log.holds(heard)) {
      // Some of what was sent is known to nobody any more.
      this.#end(code, text)
      return session.close('lost')
    }
    this.#session = session
    this.#token = token
    this.#heard = sent
    this.#unsaid = 0
    this.#away = null
    this.#settled = heard
    log.ack(heard)
    log.release()
    const client = this.#client
    const now = client.clock.now()
    client.carry(session)
    client.offset = serverTime - now
    // First, so that the token before is good for nobody any more.
    this.#acknowledge(session)
    for (const frame of log.after(heard)) session.send(frame)
    const latest = [...this.#latest.values()]
    this.#latest.clear()
    this.#gathered = []
    for (const { body, put } of latest) if (body.inView) this.#outgoing.put(op.Call, put)
    client.tell(() => this.#emitter.emit('resumed', { awayMs: now - at, fresh }))
  }

  /** The server tells everything anew; and later, that all has been told. False for that alone. */
  afresh(told: Told, begins: boolean): boolean {
    if (!begins) return endAfresh(told)
    beginAfresh(told, this.#settled)
    return true
  }

  #try(): void {
    const { clock } = this.#client
    const attempt: Attempt = { session: null, isOver: false, timer: null }
    this.#attempt = attempt
    this.#tries++
    attempt.timer = clock.after(this.#attemptMs, () => this.#failed(attempt))
    const dialing = this.#client.dial(channel => {
      const { session, receiver } = this.#client.begin(channel)
      // Too late: another may carry the session by now.
      if (attempt.isOver) session.close('handshake-timeout')
      else attempt.session = session
      return receiver
    })
    dialing.catch(() => this.#failed(attempt))
  }

  #failed(attempt: Attempt): void {
    if (attempt.isOver) return
    this.#drop(attempt)
    const { at, code, text } = this.#away!
    const left = at + this.#windowMs - this.#client.clock.now()
    if (left <= 0) return this.#end(code, text)
    const pause = Math.min(firstPauseMs * 2 ** (this.#tries - 1), longestPauseMs) * (0.75 + this.#random.number() / 2)
    this.#timer = this.#client.clock.after(Math.min(pause, left), () => this.#try())
  }

  #drop(attempt: Attempt): void {
    attempt.isOver = true
    attempt.timer?.cancel()
    this.#attempt = null
    attempt.session?.close('handshake-timeout')
  }

  #end(code: number, text: string): void {
    this.stop()
    this.#client.tell(() => this.#client.end(code, text))
  }
}
