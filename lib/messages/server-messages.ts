/** A server's messages: to one client, some, all, or all but some; what comes from each. */
import { type Reader, Writer } from '../base/bytes.ts'
import { MalformedError, UsageError } from '../base/errors.ts'
import type { AskOptions, ClientTalk, Recipient, ServerPost, ServerSeat } from './contract.ts'
import type { MessageLike, ReplyOf, ValueOf } from './definition.ts'
import { envelope, Inner } from './envelope.ts'
import type { MessageEvents } from './events.ts'
import { droppedBefore } from './filters.ts'
import { Held } from './held.ts'
import { type CatchAll, type Handler, Hub } from './hub.ts'
import type { Passing } from './middleware.ts'
import type { MessagesOptions } from './options.ts'
import type { Declared } from './parameters.ts'
import type { MessageKey, MessageRegistry, Registered } from './registry.ts'
import { ServerParameters } from './server-parameters.ts'
import type { ByteStream, StreamHandler } from './streams/byte-stream.ts'
import { StreamPart } from './streams/stream-part.ts'
import { Talk } from './talk.ts'

/** Who gets a message. */
export interface Destination<C> {
  /** One client, or several. Default: all that take messages. */
  readonly to?: C | Iterable<C>
  /** Not these. */
  readonly except?: C | Iterable<C>
}

export class ServerMessages<C extends Recipient> implements ServerPost<C> {
  readonly registry: MessageRegistry
  readonly hub: Hub<C>
  readonly #options: MessagesOptions
  readonly #declared: Declared
  readonly #seat: ServerSeat<C>
  readonly #streams: StreamPart<C>
  readonly #talks = new Set<Talk<C>>()
  /** Those who have gone too, for as long as anybody knows them. */
  readonly #byClient = new WeakMap<C, Talk<C>>()

  constructor(registry: MessageRegistry, options: MessagesOptions, seat: ServerSeat<C>, declared: Declared) {
    this.registry = registry
    this.#options = options
    this.#declared = declared
    this.#seat = seat
    this.hub = new Hub<C>({
      registry,
      side: 'server',
      clock: seat.clock,
      middleware: options.middleware ?? [],
      connectionTypes: options.connectionTypes ?? [],
      authorize: options.authorize,
      mostWaiting: seat.mostWaiting,
      failed: (error, where) => seat.failed(error, where),
    })
    this.#streams = new StreamPart<C>(this.hub, seat.rates)
    if (options.pump === 'manual') this.hub.held = new Held(seat.mostWaiting, seat.failed)
    this.hub.parts.set(Inner.parameter, (talk, r, obstacle) => this.#parametersOf(talk).receive(r, obstacle))
  }

  /** With `messages([...], { pump: 'manual' })`: handles every message that has come so far, of all clients, in order, and gives the number. */
  pump(): number {
    return this.hub.held?.pump() ?? 0
  }

  /** Runs `handler` for each such message until the returned function is called. What it gives back, or a promise of that, answers a question. */
  on<M extends MessageLike>(message: M, handler: Handler<M, C>): () => void {
    return this.hub.on(message, handler)
  }

  /** Runs `handler` for every message, behind its own handlers. */
  onAny(handler: CatchAll<C>): () => void {
    return this.hub.onAny(handler)
  }

  /** Has `handler` take the byte streams that clients open with such a message, until the returned function is called. @throws UsageError where another does. */
  onStream<M extends MessageLike>(message: M, handler: StreamHandler<M, C>): () => void {
    return this.#streams.on(message, handler)
  }

  /** Calls `listener` at each event until the returned function is called. */
  onEvent<E extends keyof MessageEvents<C>>(event: E, listener: (event: MessageEvents<C>[E]) => void): () => void {
    return this.hub.events.on(event, listener)
  }

  /**
   * Sends a message at the end of this turn; what is sent to a client arrives in order. It goes beside the objects: a call of the same turn may arrive later.
   * @throws ArgumentError for a value that does not fit; UsageError for a message that is not registered.
   */
  send<M extends MessageLike>(message: M, value: ValueOf<M>, { to, except }: Destination<C> = {}): void {
    const entry = this.registry.get(message as MessageKey)
    const passed = this.hub.passOut(entry, value as object)
    if (!passed) return
    const bytes = this.hub.bytesOut(this.#written(entry, passed))
    if (!bytes) return
    const left = new Set(clientsIn(except))
    const passing = { id: entry.id, name: entry.name, value: passed }
    const send = (talk: Talk<C>): void => {
      if (left.has(talk.peer) || this.hub.types.stops('send', talk, passing)) return
      if (talk.put(bytes)) this.hub.taps.sent(talk.peer, passing, bytes)
      else this.hub.events.emit('lost', { message: entry.name, to: talk.peer })
    }
    if (to !== undefined) {
      for (const client of clientsIn(to)) send(this.of(client))
      return
    }
    const { filter } = this.#options
    for (const talk of this.#talks) if (!filter || this.#passes(talk.peer, passing)) send(talk)
  }

  /** Whether a client takes messages: it was connected with `connect(url, { messages })`. */
  has(client: C): boolean {
    return this.#byClient.has(client)
  }

  /** The messages of one client, also of one that has gone. @throws UsageError for one that takes none. */
  of(client: C): Talk<C> {
    const talk = this.#byClient.get(client)
    if (talk) return talk
    throw new UsageError(`Client ${client.id} takes no messages: it was connected without connect(url, { messages }).`)
  }

  /** What a client on the server has: `client.messages`. */
  talkOf(client: C): ClientTalk {
    const talk = this.of(client)
    return {
      send: (message, value) => this.send(message, value, { to: client }),
      ask: (message, value, options) => this.ask(client, message, value, options),
      open: (message, head, options) => this.open(client, message, head, options),
      parameters: this.#parametersOf(talk),
      get state() {
        return talk.state
      },
      set state(state: string) {
        talk.state = state
      },
      get mode() {
        return talk.mode
      },
      set mode(mode: string | number | null) {
        talk.mode = mode
      },
    }
  }

  #parametersOf(talk: Talk<C>): ServerParameters {
    return talk.parts.get(this.#declared) as ServerParameters
  }

  /** Asks one client. Rejects with Rejected, TimedOut, or Disconnected. */
  async ask<M extends MessageLike>(
    client: C,
    message: M,
    value: ValueOf<M>,
    { timeoutMs = 10_000 }: AskOptions = {},
  ): Promise<ReplyOf<M>> {
    const entry = this.registry.get(message as MessageKey)
    const talk = this.of(client)
    const passing = this.hub.passTo(talk, entry, value as object)
    if (!passing) throw droppedBefore(entry.name)
    const bytes = this.hub.compiled(entry.type).encode(passing.value)
    this.hub.taps.sent(client, passing, bytes)
    return talk.ask(entry, entry.id, bytes, timeoutMs) as Promise<ReplyOf<M>>
  }

  /** Opens a byte stream to one client: `client.messages.open` does the same. */
  async open<M extends MessageLike>(
    client: C,
    message: M,
    head: ValueOf<M>,
    { timeoutMs = 10_000 }: AskOptions = {},
  ): Promise<ByteStream> {
    const entry = this.registry.get(message as MessageKey)
    const bytes = this.#streams.encode(entry, head as object)
    return this.#streams.open(this.of(client), entry, entry.id, bytes, timeoutMs)
  }

  #passes(client: C, passing: Passing): boolean {
    try {
      return this.#options.filter!(client, passing) === true
    } catch (error) {
      this.#seat.failed(error, `the filter of ${passing.name}`)
      return false
    }
  }

  #written(entry: Registered, value: object): Uint8Array {
    const body = this.hub.compiled(entry.type).encode(value)
    return envelope('server', w => {
      w.varint(entry.id)
      w.raw(body)
    })
  }

  // ---- for the engine

  async ready(): Promise<void> {
    await this.hub.ready()
    await this.#declared.ready()
  }

  welcome(client: C): Uint8Array | null {
    const { connectionType, line } = this.#seat
    const talk = new Talk<C>(this.hub, line(client), client, connectionType(client), this.#options)
    this.#talks.add(talk)
    this.#byClient.set(client, talk)
    // Behind its welcome, and its first zone.
    this.#seat.clock.soon(() => !talk.isOver && this.hub.types.begin(talk))
    const { hub } = this
    const parameters = new ServerParameters(
      {
        declared: this.#declared,
        compiled: type => hub.compiled(type),
        failed: (error, where) => this.#seat.failed(error, where),
      },
      talk,
    )
    talk.parts.set(this.#declared, parameters)
    const names = envelope('server', w => {
      w.varint(Inner.names)
      w.varint(this.registry.size)
      for (const { id, name, type } of this.registry) {
        w.varint(id)
        w.text(name)
        w.text(type.hash)
      }
    })
    const w = new Writer()
    for (const message of [names, parameters.all()]) {
      const bytes = hub.bytesOut(message)
      if (bytes) w.raw(bytes)
    }
    return w.position > 0 ? w.slice() : null
  }

  receive(client: C, r: Reader): void {
    const talk = this.#byClient.get(client)
    if (!talk) throw new MalformedError('A message came of a client that takes none.')
    talk.receive(r)
  }

  awake(client: C): void {
    const talk = this.#byClient.get(client)
    if (!talk) return
    this.#parametersOf(talk).tellAll()
    this.#streams.afresh(talk)
  }

  leave(client: C, code: number): void {
    const talk = this.#byClient.get(client)
    if (!talk) return
    this.#talks.delete(talk)
    this.hub.held?.leave(talk)
    talk.end(code)
  }
}

function clientsIn<C extends Recipient>(clients: C | Iterable<C> | undefined): Iterable<C> {
  if (clients === undefined) return []
  return Symbol.iterator in clients ? clients : [clients]
}
