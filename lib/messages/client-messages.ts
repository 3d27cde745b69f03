/** A client's messages: to its server, and from there. */
import type { Reader } from '../base/bytes.ts'
import { MalformedError, UsageError } from '../base/errors.ts'
import { type CloseName, CloseReason } from '../protocol/close.ts'
import { ClientParameters } from './client-parameters.ts'
import type { AskOptions, ClientPost, ClientSeat, Line } from './contract.ts'
import type { MessageLike, ReplyOf, ValueOf } from './definition.ts'
import { envelope, Inner } from './envelope.ts'
import type { MessageEvents } from './events.ts'
import { droppedBefore } from './filters.ts'
import { type CatchAll, type Handler, Hub } from './hub.ts'
import { type Mismatch, Names } from './names.ts'
import type { MessagesOptions } from './options.ts'
import type { Declared, SharedParameters } from './parameters.ts'
import type { MessageKey, MessageRegistry, Registered } from './registry.ts'
import type { ByteStream, StreamHandler } from './streams/byte-stream.ts'
import { StreamPart } from './streams/stream-part.ts'
import { Talk } from './talk.ts'

/** From so many on a message begins a frame of its own. */
const largeBytes = 256 << 10

/** Most of streams that waits on the wire, bytes. */
const mostStreamed = 64 << 10

/** Most that waits for the server's names, messages. */
const mostEarly = 1000

export class ClientMessages implements ClientPost {
  readonly registry: MessageRegistry
  readonly hub: Hub<ClientMessages>
  readonly talk: Talk<ClientMessages>
  readonly #options: MessagesOptions
  readonly #seat: ClientSeat
  readonly #parameters: ClientParameters
  readonly #streams: StreamPart<ClientMessages>
  /** The server's ids; null until it has told them. */
  #names: Names | null = null
  /** What was sent before. */
  #early: (() => void)[] = []

  constructor(registry: MessageRegistry, options: MessagesOptions, seat: ClientSeat, declared: Declared) {
    this.registry = registry
    this.#options = options
    this.#seat = seat
    this.hub = new Hub<ClientMessages>({
      registry,
      side: 'client',
      clock: seat.clock,
      middleware: options.middleware ?? [],
      connectionTypes: options.connectionTypes ?? [],
      mostWaiting: mostEarly,
      failed: (error, where) => seat.emitter.emit('error', { error, where, object: null, field: null }),
    })
    this.hub.entryOf = id => this.#names?.entryOf(id)
    this.hub.parts.set(Inner.names, (_, r) => this.#hear(r))
    this.talk = new Talk<ClientMessages>(this.hub, lineOf(seat), this, seat.selection.connectionType, options)
    this.#streams = new StreamPart<ClientMessages>(this.hub, null)
    const { hub } = this
    this.#parameters = new ClientParameters(
      {
        declared,
        compiled: type => hub.compiled(type),
        failed: (error, where) => seat.emitter.emit('error', { error, where, object: null, field: null }),
      },
      this.talk,
      options.missing === 'ignore',
      why => this.#leave(why),
    )
    hub.parts.set(Inner.parameter, (_, r) => this.#parameters.receive(r))
  }

  /** Where the connection stands, for messages with conditions. @default 'active' */
  get state(): string {
    return this.talk.state
  }
  set state(state: string) {
    this.talk.state = state
  }

  /** The values that this client and its server share. */
  get parameters(): SharedParameters {
    return this.#parameters
  }

  get mode(): string | number | null {
    return this.talk.mode
  }
  set mode(mode: string | number | null) {
    this.talk.mode = mode
  }

  /** Runs `handler` for each such message until the returned function is called. What it gives back, or a promise of that, answers a question. */
  on<M extends MessageLike>(message: M, handler: Handler<M, ClientMessages>): () => void {
    return this.hub.on(message, handler)
  }

  /** Runs `handler` for every message, behind its own handlers. */
  onAny(handler: CatchAll<ClientMessages>): () => void {
    return this.hub.onAny(handler)
  }

  /** Has `handler` take the byte streams that the server opens with such a message, until the returned function is called. @throws UsageError where another does. */
  onStream<M extends MessageLike>(message: M, handler: StreamHandler<M, ClientMessages>): () => void {
    return this.#streams.on(message, handler)
  }

  /** Calls `listener` at each event until the returned function is called. */
  onEvent<E extends keyof MessageEvents<ClientMessages>>(
    event: E,
    listener: (event: MessageEvents<ClientMessages>[E]) => void,
  ): () => void {
    return this.hub.events.on(event, listener)
  }

  /**
   * Sends a message to the server at the end of this turn, in order. While the connection is lost it gathers.
   * @throws ArgumentError for a value that does not fit; UsageError for a message that is not registered, or that the server does not know.
   */
  send<M extends MessageLike>(message: M, value: ValueOf<M>): void {
    const entry = this.#entry(message as MessageKey)
    const passing = this.hub.passTo(this.talk, entry, value as object)
    if (!passing) return
    const body = this.hub.compiled(entry.type).encode(passing.value)
    const lost = (): void => this.hub.events.emit('lost', { message: entry.name, to: this })
    const send = (id: number): void => {
      const bytes = envelope('client', w => {
        w.varint(id)
        w.raw(body)
      })
      const whole = this.hub.bytesOut(bytes)
      if (!whole) return
      if (this.talk.put(whole)) this.hub.taps.sent(this, { ...passing, id }, whole)
      else lost()
    }
    this.#named(entry, send, lost)
  }

  /** Asks the server. Rejects with Rejected, TimedOut, or Disconnected. */
  async ask<M extends MessageLike>(
    message: M,
    value: ValueOf<M>,
    { timeoutMs = this.#seat.options.requestMs ?? 10_000 }: AskOptions = {},
  ): Promise<ReplyOf<M>> {
    const entry = this.#entry(message as MessageKey)
    const passing = this.hub.passTo(this.talk, entry, value as object)
    if (!passing) throw droppedBefore(entry.name)
    const body = this.hub.compiled(entry.type).encode(passing.value)
    return new Promise((resolve, reject) => {
      this.#named(
        entry,
        id => {
          this.hub.taps.sent(this, { ...passing, id }, body)
          void this.talk.ask(entry, id, body, timeoutMs).then(resolve as (value: unknown) => void, reject)
        },
        () => reject(unknownThere(entry)),
      )
    })
  }

  /**
   * Opens a byte stream to the server, once that has taken it. Rejects with Rejected, `no-handler` where nobody takes it, TimedOut, or Disconnected. docs/streams.md.
   *
   * ```ts
   * const { writable } = await client.messages.open(Upload, { name: 'map.png' })
   * await file.stream().pipeTo(writable)
   * ```
   */
  async open<M extends MessageLike>(
    message: M,
    head: ValueOf<M>,
    { timeoutMs = this.#seat.options.requestMs ?? 10_000 }: AskOptions = {},
  ): Promise<ByteStream> {
    const entry = this.#entry(message as MessageKey)
    const bytes = this.#streams.encode(entry, head as object)
    return new Promise((resolve, reject) => {
      this.#named(
        entry,
        id => void this.#streams.open(this.talk, entry, id, bytes, timeoutMs).then(resolve, reject),
        () => reject(unknownThere(entry)),
      )
    })
  }

  /** @throws UsageError for what is not registered, or not at the server. */
  #entry(key: MessageKey): Registered {
    const entry = this.registry.get(key)
    if (this.#names && this.#names.idOf(entry) === undefined) throw unknownThere(entry)
    return entry
  }

  /** Runs `send` with the server's id of a message, now or when that is known; where the server has none, `unknown`. */
  #named(entry: Registered, send: (id: number) => void, unknown: () => void): void {
    const run = (): void => {
      // Without names the connection is over, and whoever sends hears of that.
      const id = this.#names ? this.#names.idOf(entry) : 0
      if (id === undefined) unknown()
      else send(id)
    }
    if (this.#names) run()
    else if (this.#early.length < mostEarly) this.#early.push(run)
    else throw new UsageError(`More than ${mostEarly} messages wait for the server's first word.`)
  }

  /** The server tells its messages. */
  #hear(r: Reader): void {
    const names = Names.read(r, this.registry, this.#options.autosync ?? true)
    const mismatch: Mismatch | null = names.mismatch(this.#options.missing ?? 'close')
    if (mismatch) this.#leave(mismatch)
    this.#names = names
    this.hub.types.begin(this.talk)
    for (const send of this.#early.splice(0)) send()
  }

  // ---- for the engine

  welcome(abilities: number): void {
    this.#seat.outgoing.requests.whenClosed = code => this.#closed(code)
    if ((abilities & 2) === 0)
      this.#leave('The server takes no messages: createServer({ messages: messages([...]) }) does.')
    this.#names = null
    this.#parameters.reopen()
    this.talk.abandon(CloseReason.transferred)
  }

  #closed(code: number): void {
    if (this.#seat.isMoving) {
      // What is sent from now on waits for the other server.
      this.#names = null
      this.#parameters.reopen()
      return this.talk.abandon(code)
    }
    this.talk.end(code)
    for (const send of this.#early.splice(0)) send()
  }

  /** Ends the connection, and reads no further in its frame. */
  #leave(why: string): never {
    this.talk.line.close('message-mismatch', why)
    throw new MalformedError(why)
  }

  receive(r: Reader): void {
    this.talk.receive(r)
  }
}

const unknownThere = ({ name }: Registered): UsageError => new UsageError(`The server knows no message ${name}.`)

function lineOf(seat: ClientSeat): Line {
  return {
    send(message) {
      if (seat.link?.isFull(message.length)) return false
      // With what has gathered before it, it would be more than a server takes in one frame.
      if (message.length > largeBytes) seat.outgoing.flush()
      seat.outgoing.put(message[0]!, w => w.raw(message, 1))
      return true
    },
    close: (reason, text) => seat.session?.close(reason as CloseName, text),
    violate: ({ detail }) => {
      throw new MalformedError(detail)
    },
    room: () => (seat.session && !seat.link?.isAway && !seat.isMoving ? mostStreamed - seat.session.buffered : 0),
  }
}
