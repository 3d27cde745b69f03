/** All messages of one server, or of one client: what there is, who handles it, what passes. */
import type { Reader } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { Emitter } from '../base/emitter.ts'
import { UsageError } from '../base/errors.ts'
import { Sieve } from '../base/sieve.ts'
import { guard, isThenable } from '../base/thenable.ts'
import { added } from './added.ts'
import { Compiled, loadMessageCodecs } from './compiled.ts'
import { type ConnectionType, ConnectionTypes } from './connection-type.ts'
import type { Obstacle } from './contract.ts'
import type { ArrivalOf, MessageLike, MessageType, ReplyOf } from './definition.ts'
import type { Side } from './envelope.ts'
import type { MessageEvents } from './events.ts'
import { Filters } from './filters.ts'
import type { Held } from './held.ts'
import type { Middleware, Passing } from './middleware.ts'
import type { MessageRegistry, Registered } from './registry.ts'
import { type Answer, type Common, type Part, reasonOf, type Talk } from './talk.ts'
import { Taps } from './taps.ts'

/** Takes a message, and where it is a question answers it. `from` is the client on a server, the server's end on a client. */
export type Handler<M extends MessageLike, P> = (
  message: ArrivalOf<M>,
  from: P,
) => ReplyOf<M> | void | PromiseLike<ReplyOf<M> | void>

/** Hears of every message that is known, after its own handlers. */
export type CatchAll<P> = (
  message: { readonly name: string; readonly id: number; readonly value: object },
  from: P,
) => void

type AnyHandler = (value: object, from: never) => unknown

export interface HubOptions {
  readonly registry: MessageRegistry
  readonly side: Side
  readonly clock: Clock
  readonly middleware: readonly Middleware[]
  /** Whether whoever sent a message may. */
  readonly authorize?: ((from: never, message: Passing) => boolean) | undefined
  readonly mostWaiting: number
  readonly connectionTypes: readonly ConnectionType[]
  readonly failed: (error: unknown, where: string) => void
}

export class Hub<P = unknown> implements Common<P> {
  readonly registry: MessageRegistry
  readonly side: Side
  readonly clock: Clock
  readonly mostWaiting: number
  readonly events: Emitter<MessageEvents<P>>
  /** What else there is beside messages, by the library's id. */
  readonly parts: Map<number, Part> = new Map()
  held: Held | null = null
  readonly types: ConnectionTypes
  readonly taps: Taps = new Taps()
  readonly #options: HubOptions
  readonly #compiled = new Map<MessageType, Compiled>()
  readonly #handlers = new Map<MessageType, Set<AnyHandler>>()
  readonly #catchAlls = new Set<AnyHandler>()
  readonly #filters: Filters
  readonly #sieve: Sieve

  constructor(options: HubOptions) {
    this.registry = options.registry
    this.side = options.side
    this.clock = options.clock
    this.mostWaiting = options.mostWaiting
    this.#options = options
    this.#sieve = new Sieve(options.clock)
    this.types = new ConnectionTypes(options.connectionTypes, options.side, options.failed)
    this.#filters = new Filters(options.side, options.middleware, options.failed)
    this.events = new Emitter<MessageEvents<P>>({
      unknown: ({ id }) => this.#news(`a message of the id ${id} came, which nobody here knows.`),
      unheard: ({ message }) =>
        this.#news(
          `${message} came, and nobody handles it: messages.on(...) does, or for what comes before connect() resolves messages([...]).on(...).`,
        ),
      misplaced: ({ message, why }) => this.#news(`${message} was not taken: it ${why}.`),
      refused: ({ message, reason }) => this.#news(`${message} was refused by its handler: ${reason}`),
      error: ({ where }) => `an error in ${where}:`,
    })
  }

  ready(): Promise<void> {
    return loadMessageCodecs(this.registry)
  }

  compiled(type: MessageType): Compiled {
    let compiled = this.#compiled.get(type)
    if (!compiled) this.#compiled.set(type, (compiled = new Compiled(type)))
    return compiled
  }

  /** By the id on the wire. A client's may differ from its own. */
  entryOf(id: number): Registered | undefined {
    return this.registry.find(id)
  }

  // ---- handlers

  on<M extends MessageLike>(message: M, handler: Handler<M, P>): () => void {
    const { type } = this.registry.get(message)
    let handlers = this.#handlers.get(type)
    if (!handlers) this.#handlers.set(type, (handlers = new Set()))
    return added(handlers, handler as unknown as AnyHandler)
  }

  onAny(handler: CatchAll<P>): () => void {
    return added(this.#catchAlls, handler as unknown as AnyHandler)
  }

  /** Runs a message's handlers, those of its own before those of all. */
  handle(talk: Talk<P>, entry: Registered, value: object): void {
    const passed = this.pass(talk, entry, value)
    if ('refused' in passed) return
    // A copy: handlers come and go while they run.
    const handlers = [...(this.#handlers.get(entry.type) ?? [])]
    if (handlers.length === 0) this.#unheard(talk, entry)
    this.#run(handlers, talk, entry, passed.value)
    this.#tellAll(talk, entry, passed.value)
  }

  #run(handlers: readonly AnyHandler[], talk: Talk<P>, entry: { readonly name: string }, value: object): void {
    for (const handler of handlers)
      guard(
        () => handler(value, talk.peer as never),
        error => this.threw(error, entry, talk),
      )
  }

  /** The same for a question: the first of its own handlers answers it. */
  answer(talk: Talk<P>, entry: Registered, value: object): Answer | PromiseLike<Answer> {
    const passed = this.pass(talk, entry, value)
    if ('refused' in passed) return passed
    const [first, ...others] = this.#handlers.get(entry.type) ?? []
    if (!first) {
      this.#unheard(talk, entry)
      this.#tellAll(talk, entry, passed.value)
      return { refused: 'no-handler' }
    }
    const refused = (error: unknown): Answer => {
      this.threw(error, entry, talk)
      return { refused: reasonOf(error) ?? 'error' }
    }
    let answer: Answer | PromiseLike<Answer>
    try {
      const result = first(passed.value, talk.peer as never)
      answer = isThenable(result) ? Promise.resolve(result).then(value => ({ value }), refused) : { value: result }
    } catch (error) {
      answer = refused(error)
    }
    this.#run(others, talk, entry, passed.value)
    this.#tellAll(talk, entry, passed.value)
    return answer
  }

  #tellAll(talk: Talk<P>, { id, name }: Registered, value: object): void {
    // A message of its own for each, which it may change.
    for (const handler of [...this.#catchAlls]) this.#run([handler], talk, { name }, { id, name, value })
  }

  /** A handler threw. */
  threw(error: unknown, { name }: { readonly name: string }, { peer }: Talk<P>): void {
    const reason = reasonOf(error)
    if (reason === null) this.#options.failed(error, `the handler of ${name}`)
    else this.events.emit('refused', { message: name, reason, from: peer })
  }

  failed(error: unknown, where: string): void {
    this.#options.failed(error, where)
  }

  // ---- what passes. Rule 36 of docs/guarantees.md

  /** The value as it is handled, or why it is not: a filter kept it, or its sender may not send it. */
  pass(talk: Talk<P>, entry: Registered, value: object): { readonly value: object } | { readonly refused: string } {
    const passing = this.#filters.in(entry, value, talk.peer)
    if (!passing || this.types.stops('receive', talk, passing)) return { refused: 'dropped' }
    const { authorize } = this.#options
    try {
      // Exactly true: a promise is no permission.
      if (!authorize || authorize(talk.peer as never, passing) === true) return passing
    } catch (error) {
      this.#options.failed(error, `what authorizes ${entry.name}`)
      return { refused: 'error' }
    }
    talk.line.violate({ reason: 'no-permission', detail: `the message ${entry.name}` })
    return { refused: 'no-permission' }
  }

  /** The value as the filters leave it on its way out; null where one of them keeps it. @throws UsageError for what goes to this side alone. */
  passOut(entry: Registered, value: object): object | null {
    if (entry.type.conditions.side === this.side)
      throw new UsageError(`The message ${entry.name} goes to the ${this.side} alone, and was sent from there.`)
    return this.#filters.out(entry, value)?.value ?? null
  }

  /** The message as it may leave to one connection, whose type has a word too; null where it may not. @throws UsageError, as above. */
  passTo(talk: Talk<P>, entry: Registered, value: object): Passing | null {
    const passed = this.passOut(entry, value)
    const passing = passed && { id: entry.id, name: entry.name, value: passed }
    return passing && !this.types.stops('send', talk, passing) ? passing : null
  }

  /** An envelope as the filters of bytes leave it, for all who are sent it; null where one of them keeps it. */
  bytesOut(message: Uint8Array): Uint8Array | null {
    return this.#filters.bytesOut(message)
  }

  /** The inside of an envelope on its way in. */
  bytesIn(r: Reader): Reader | null {
    return this.#filters.bytesIn(r)
  }

  // ---- what is told

  /** Strangers must not fill the log. */
  #news(text: string): string | false {
    return this.#sieve.isNews(text) && text
  }

  #unheard({ peer }: Talk<P>, { name }: Registered): void {
    if (this.#catchAlls.size === 0) this.events.emit('unheard', { message: name, from: peer })
  }

  dropped({ peer }: Talk<P>, message: string | null, why: Obstacle): void {
    this.events.emit('dropped', { message, why, from: peer })
  }

  unknown({ peer }: Talk<P>, id: number, bytes: number): void {
    this.events.emit('unknown', { id, bytes, from: peer })
  }

  /** A message came when the connection did not stand where it may. */
  misplaced(talk: Talk<P>, message: string, why: string, closes: boolean): void {
    this.events.emit('misplaced', { message, why, from: talk.peer })
    if (closes) talk.line.close('wrong-state')
  }
}
