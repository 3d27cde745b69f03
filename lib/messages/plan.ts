/** What a game says of its messages, once, for server and client alike. Each server and each client makes its own of it. */
import { UsageError } from '../base/errors.ts'
import { ClientMessages } from './client-messages.ts'
import { loadMessageCodecs } from './compiled.ts'
import { ConnectionTypes } from './connection-type.ts'
import type { ClientSeat, Recipient, ServerSeat } from './contract.ts'
import type { MessageLike } from './definition.ts'
import type { Handler } from './hub.ts'
import type { MessagesOptions } from './options.ts'
import { Declared, type Parameter, type ParameterOptions } from './parameters.ts'
import { MessageRegistry } from './registry.ts'
import { ServerMessages } from './server-messages.ts'
import type { StreamHandler } from './streams/byte-stream.ts'

/** @see messages @typeParam V the values of its shared parameters, by name. */
export class MessagePlan<V = any> {
  readonly registry: MessageRegistry
  readonly options: MessagesOptions
  /** The names of the connection types that have hooks. */
  readonly connectionTypes: readonly string[]
  /** A key for each shared parameter, which knows its type: `client.messages.parameters.set(plan.parameters.nick, 'ann')`. */
  readonly parameters: { readonly [N in keyof V]: Parameter<V[N]> }
  readonly #declared: Declared
  readonly #handlers: (readonly [MessageLike, Handler<MessageLike, any>])[] = []
  readonly #streams: (readonly [MessageLike, StreamHandler<MessageLike, any>])[] = []

  constructor(messages: Iterable<MessageLike> | MessageRegistry, options: MessagesOptions) {
    this.registry = messages instanceof MessageRegistry ? messages : new MessageRegistry(messages)
    this.options = options
    this.connectionTypes = (options.connectionTypes ?? []).map(({ name }) => name)
    // Tells of two of one name now.
    new ConnectionTypes(options.connectionTypes ?? [], 'server', () => {})
    this.#declared = new Declared((options.parameters ?? {}) as Record<string, ParameterOptions<any>>)
    this.parameters = this.#declared.keys as { [N in keyof V]: Parameter<V[N]> }
  }

  /** For every server and client that is made of this plan from now on: what comes before `connect` resolves is not missed. */
  on<M extends MessageLike>(message: M, handler: Handler<M, any>): this {
    this.registry.get(message)
    this.#handlers.push([message, handler as Handler<MessageLike, any>])
    return this
  }

  /** The same for byte streams. */
  onStream<M extends MessageLike>(message: M, handler: StreamHandler<M, any>): this {
    this.registry.get(message)
    this.#streams.push([message, handler as StreamHandler<MessageLike, any>])
    return this
  }

  /** To be awaited before a server or client is made of it. */
  async ready(): Promise<void> {
    await loadMessageCodecs(this.registry)
    await this.#declared.ready()
  }

  serve<C extends Recipient>(seat: ServerSeat<C>): ServerMessages<C> {
    const made = new ServerMessages<C>(this.registry, this.options, seat, this.#declared)
    for (const [message, handler] of this.#handlers) made.on(message, handler)
    for (const [message, handler] of this.#streams) made.onStream(message, handler)
    return made
  }

  attach(seat: ClientSeat): ClientMessages {
    const made = new ClientMessages(this.registry, this.options, seat, this.#declared)
    for (const [message, handler] of this.#handlers) made.on(message, handler)
    for (const [message, handler] of this.#streams) made.onStream(message, handler)
    return made
  }
}

/**
 * Messages beside the objects of a game, or without any: `createServer({ messages })` and `connect(url, { messages })` take what this gives.
 *
 * ```ts
 * const talk = messages([Say, Add])
 * const server = createServer({ classes: [], messages: talk, transports: [websocket({ port: 7200 })] })
 * server.messages.on(Add, ({ a, b }) => a + b)
 * const client = await connect('ws://localhost:7200', { classes: [], messages: talk })
 * await client.messages.ask(Add, { a: 1, b: 2 })   // 3
 * ```
 *
 * @throws SchemaError for two messages of one name or id, and for parameters that cannot be.
 */
export function messages<V = Record<never, never>>(
  list: Iterable<MessageLike> | MessageRegistry,
  options: MessagesOptions<V> = {},
): MessagePlan<V> {
  const { missing = 'close', pump = 'auto' } = options
  if (!['close', 'ignore'].includes(missing))
    throw new UsageError(`messages({ missing }) is close or ignore, not ${JSON.stringify(missing)}.`)
  if (!['auto', 'manual'].includes(pump))
    throw new UsageError(`messages({ pump }) is auto or manual, not ${JSON.stringify(pump)}.`)
  return new MessagePlan<V>(list, options)
}
