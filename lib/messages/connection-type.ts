/** What a game does by the type that a client connected as: at its beginning and end, and with each message. */
import { SchemaError } from '../base/errors.ts'
import type { Side } from './envelope.ts'
import type { Passing } from './middleware.ts'

/**
 * Hooks for all connections of one type, `connect(url, { connectionType: 'spectator' })`. One object serves all of them; `peer` tells them apart. It is the client on a server, the server's end on a client.
 *
 * ```ts
 * const spectators: ConnectionType = {
 *   name: 'spectator',
 *   init: (peer, side) => console.log(side, 'has a spectator'),
 *   receive: ({ name }, peer, side) => side === 'server' && name !== 'chat:say',   // true: taken no further
 * }
 * const talk = messages([Say, Move], { connectionTypes: [spectators] })
 * ```
 *
 * What a hook throws is told as the event `error`; the message goes no further then.
 */
export interface ConnectionType {
  /** 1 to 100 characters. 'game' is the type of those that name none. */
  readonly name: string
  /** The handshake is over, and messages can be sent: after the login, or after a client was sent on to another server. */
  init?(peer: any, side: Side): void
  /** A message has come, behind the middleware and ahead of its handlers. True: it is not handled. Who asked is told `dropped`. */
  receive?(message: Passing, peer: any, side: Side): boolean | void
  /** A message is to leave, for each receiver. True: it does not. */
  send?(message: Passing, peer: any, side: Side): boolean | void
  /** The connection has ended for good, or its client was sent on to another server. @param code of docs/protocol.md */
  end?(code: number, peer: any, side: Side): void
}

/** As much of a connection's messages as types need. */
interface Talking {
  readonly connectionType: string
  readonly peer: unknown
  /** To be called at the end. */
  readonly ends: Set<(code: number) => void>
}

type Failed = (error: unknown, where: string) => void

export class ConnectionTypes {
  readonly #byName = new Map<string, ConnectionType>()
  readonly #side: Side
  readonly #failed: Failed

  /** @throws SchemaError for two of one name, and for a name that will not do. */
  constructor(types: readonly ConnectionType[], side: Side, failed: Failed) {
    this.#side = side
    this.#failed = failed
    for (const type of types) {
      const { name } = type
      if (typeof name !== 'string' || !/^[^\p{C}]{1,100}$/u.test(name))
        throw new SchemaError(`A connection type has a name of 1 to 100 characters, not ${JSON.stringify(name)}.`)
      if (this.#byName.has(name)) throw new SchemaError(`The connection type ${name} is registered already.`)
      this.#byName.set(name, type)
    }
  }

  /** A connection stands. */
  begin(talk: Talking): void {
    const { connectionType, peer, ends } = talk
    const type = this.#byName.get(connectionType)
    if (!type) return
    const end = (code: number): void => {
      ends.delete(end)
      this.#run(`end of the connection type ${connectionType}`, () => type.end?.(code, peer, this.#side))
    }
    ends.add(end)
    this.#run(`init of the connection type ${connectionType}`, () => type.init?.(peer, this.#side))
  }

  /** Whether the type of a connection keeps a message from going further. */
  stops(hook: 'receive' | 'send', { connectionType, peer }: Talking, message: Passing): boolean {
    if (this.#byName.size === 0) return false
    const type = this.#byName.get(connectionType)
    if (!type?.[hook]) return false
    return this.#run(`${hook} of the connection type ${connectionType}`, () => type[hook]!(message, peer, this.#side))
  }

  /** False unless the hook gives true, or throws. */
  #run(where: string, hook: () => boolean | void): boolean {
    try {
      return hook() === true
    } catch (error) {
      this.#failed(error, where)
      return true
    }
  }
}
