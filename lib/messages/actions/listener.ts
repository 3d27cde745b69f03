/** What hears of a connection at a client, as a class that the game extends: any number of them per connection. */
import { Actor } from './actor.ts'

/** As much of a connection as a listener has. */
export interface Outlet {
  send<T extends { readonly action: string }>(data: T): number
}

/** Why there is no connection, or what else went wrong. `cause` is the error itself. */
export interface ActionError {
  /** `connection-failed`, `timed-out`, `rejected`, the name of a close code such as `message-mismatch`, or `handler` for what a handler threw. */
  readonly code: string
  readonly text: string
  readonly cause: unknown
}

/** What `Network_error` is given. */
export interface ErrorEvent {
  readonly action: 'error'
  readonly error: ActionError
}

/** What `Network_disconnected` is given: `code` is the name of a close code of docs/protocol.md. */
export interface DisconnectedEvent {
  readonly action: 'disconnected'
  readonly code: string
  readonly text: string
}

/**
 * Has a method for each action that it wants to hear of. Beside those of the game there are `Network_connected`, `Network_error` and `Network_disconnected`; `Network` hears of all.
 *
 * ```ts
 * class Board extends ActionListener {
 *   Network_connected() { this.send({ action: 'hello' }) }
 *   Network_error({ error }: ErrorEvent) { console.log(error.text) }
 *   Network_draw({ x, y }: ActionData) {}
 * }
 * ```
 */
export class ActionListener extends Actor {
  /** Where it listens; null for nowhere. */
  connection: Outlet | null = null

  /** Sends an action on the connection that it listens to. Gives the number of bytes; 0 where nobody would get them. @throws ArgumentError for what cannot be sent. */
  send<T extends { readonly action: string }>(data: T): number {
    return this.connection?.send(data) ?? 0
  }

  /** What has no action of a name came, or one that is the library's. Default: it is dropped. */
  onOutOfBand(data: unknown): void {}
}
