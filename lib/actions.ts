/** `fieldcast/actions`: messages as plain objects with an `action`, and methods of its name. The client's half, and what both sides share. docs/coming-from/podsixnet.md. */
import { type FieldcastError, SchemaError, UsageError } from './base/errors.ts'
import { type Client, type ConnectOptions, connect } from './client.ts'
import type { End } from './messages/actions/channel.ts'
import { type Attempt, BaseConnection, type ListeningOptions } from './messages/actions/connection.ts'
import { defaultUrl } from './messages/actions/default-port.ts'
import { messages } from './messages/plan.ts'
import type { NetworkObject } from './schema/network-object.ts'

export type { ActionHandler } from './messages/actions/actor.ts'
export type { ActionData } from './messages/actions/data.ts'
export type { Encoder, EncoderOption } from './messages/actions/encoder.ts'
export { json } from './messages/actions/json.ts'
export {
  type ActionError,
  ActionListener,
  type DisconnectedEvent,
  type ErrorEvent,
} from './messages/actions/listener.ts'
export { msgpack } from './messages/actions/msgpack.ts'
export { type OnDecorator, on } from './messages/actions/on.ts'

/** What `connect` of 'fieldcast/client' takes as well: login, transport, resume and so on. `classes` are for games that have objects beside their actions. */
export interface ConnectionOptions
  extends ListeningOptions,
    Omit<ConnectOptions<NetworkObject>, 'classes' | 'pump' | 'on'> {
  /** @default none */
  readonly classes?: ConnectOptions<NetworkObject>['classes']
}

/**
 * A client's connection to an ActionServer. Nothing is global: a program may have several, each with listeners of its own.
 *
 * ```ts
 * const connection = new Connection({ listeners: [new Board()] })
 * connection.connect()                                  // ws://localhost:31425, where an ActionServer listens by default
 * connection.send({ action: 'draw', x: 3, y: 4 })
 * ```
 *
 * @throws UsageError for an encoder or pump that there is not.
 */
export class Connection extends BaseConnection {
  readonly #options: Omit<ConnectionOptions, keyof ListeningOptions>
  #client: Client | null = null

  constructor({ listeners, encoder, pump, ...options }: ConnectionOptions = {}) {
    super({ ...(listeners && { listeners }), ...(encoder && { encoder }), ...(pump && { pump }) })
    this.#options = options
  }

  /** What it is made of, for latency, the events `lost` and `resumed`, and whatever else a client has; null where there is none. */
  get client(): Client | null {
    return this.connected ? this.#client : null
  }

  /**
   * Connects, anew where it was connected already; another address will do. Resolves with whether the server has answered. What went wrong is told to the listeners, as `error`.
   * @throws UsageError and SchemaError, by the promise, for options that nobody can follow.
   */
  async connect(url: string | readonly string[] = defaultUrl): Promise<boolean> {
    const { promise, attempt } = this.#begin()
    let end: End | null = null
    try {
      await this.coding.ready()
      const client = await connect<NetworkObject>(url, {
        classes: [],
        messages: messages([], { missing: 'ignore' }),
        ...this.#options,
        on: {
          close: event => {
            end = event
          },
        },
      })
      // It may be over before anybody could listen.
      if (end) this.ended(attempt, end)
      else this.#take(attempt, client)
    } catch (error) {
      const isMisuse = error instanceof UsageError || error instanceof SchemaError
      this.failed(attempt, isMisuse ? null : errorOf(error))
      if (isMisuse) throw error
    }
    return promise
  }

  /**
   * Rides on a client that is connected already, beside its objects: one of `connect(url, { messages })`. `close()` closes that client. Resolves with whether the server has answered.
   * @throws UsageError, by the promise, for a client without messages, or with another Connection.
   */
  async use(client: Client<any>): Promise<boolean> {
    const { promise, attempt } = this.#begin()
    try {
      await this.coding.ready()
      this.#take(attempt, client)
    } catch (error) {
      this.failed(attempt, null)
      throw error
    }
    return promise
  }

  #begin(): { promise: Promise<boolean>; attempt: Attempt } {
    let attempt!: Attempt
    const promise = new Promise<boolean>(resolve => {
      attempt = this.begin(resolve)
    })
    return { promise, attempt }
  }

  #take(attempt: Attempt, client: Client<any>): void {
    if (!attempt.isOver) this.#client = client
    this.greet(attempt, client)
  }
}

function errorOf(error: unknown): { code: string; text: string; cause: unknown } {
  const { code = 'error', message = String(error), reason } = error as Partial<FieldcastError> & { reason?: string }
  return { code: code === 'disconnected' && reason ? reason : code, text: message, cause: error }
}
