/** The server's end of one client, as a class that the game extends: what comes from the client is handled here, what it is sent goes through here. */
import { UsageError } from '../../base/errors.ts'
import type { CloseName } from '../../protocol/close.ts'
import { Actor } from './actor.ts'

/** Why a connection has ended: the number, name and text of docs/protocol.md. */
export interface End {
  readonly code: number
  readonly reason: string
  readonly text: string
}

/** What a channel knows of the server that made it. */
export interface ChannelSeat<S> {
  readonly server: S
  readonly client: { readonly id: number; readonly address: string }
  send(data: unknown): number
  close(reason: CloseName | number, text: string | undefined): void
  failed(error: unknown, where: string): void
}

/** Of the channel that is being made: its own constructor needs it already. */
let seat: ChannelSeat<any> | null = null

/** Makes a channel of the game's class. */
export function makeChannel<C>(type: new () => C, made: ChannelSeat<any>): C {
  seat = made
  try {
    return new type()
  } finally {
    seat = null
  }
}

/**
 * One client on the server. It is there from the client's greeting to its end for good: a connection that is lost and comes back is the same channel.
 *
 * ```ts
 * class Player extends Channel {
 *   Network_move({ x, y }: ActionData) { this.server.sendAll({ action: 'moved', id: this.id, x, y }) }
 *   override onClose() { this.server.sendAll({ action: 'left', id: this.id }) }
 * }
 * ```
 *
 * What comes from a client is to be checked by whoever handles it: an action has no types.
 * @typeParam S the server's class, where the channel uses what the game put there.
 */
export class Channel<S = any> extends Actor {
  readonly #seat: ChannelSeat<S>

  constructor() {
    super()
    if (!seat) throw new UsageError('Channels are made by their server: new ActionServer({ channel: Player }).')
    this.#seat = seat
  }

  /** The server that has it. */
  get server(): S {
    return this.#seat.server
  }

  /** Unique for a server run: the id of the client. */
  get id(): number {
    return this.#seat.client.id
  }

  /** Where the client comes from, the last time where it has come back; '' in the own process. */
  get address(): string {
    return this.#seat.client.address
  }

  /**
   * Sends an action at the end of this turn; they arrive in order. Gives the number of bytes that the encoder made of it; 0 where the client is gone.
   * @throws ArgumentError for what cannot be sent.
   */
  send<T extends { readonly action: string }>(data: T): number {
    return this.#seat.send(data)
  }

  /** Ends the connection, behind what was sent. @param reason a name or number of docs/protocol.md, or a number of the game's own, 1000 to 65,535. @default 'kicked' */
  close(reason: CloseName | number = 'kicked', text?: string): void {
    this.#seat.close(reason, text)
  }

  // ---- for the game to override

  /** The client has gone, or was closed; the channel is in `channels` no more. */
  onClose(end: End): void {}

  /** What has no action of a name came, or one that is the library's. Default: it is dropped. */
  onOutOfBand(data: unknown): void {}

  /** A handler of this channel threw; the connection goes on. Default: the server's event `error`, which is logged where nobody listens. */
  onError(error: unknown, where: string): void {
    this.#seat.failed(error, where)
  }
}
