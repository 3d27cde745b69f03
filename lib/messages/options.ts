/** What a game may say of its messages besides which there are. */
import type { ConnectionType } from './connection-type.ts'
import type { Middleware, Passing } from './middleware.ts'
import type { ParameterPlan } from './parameters.ts'

export interface MessagesOptions<V = any> {
  /** Values that both ends of each connection see: what may be shared, by name. `client.messages.parameters` has them. @default none */
  readonly parameters?: ParameterPlan<V>
  /** What a game does by the type that a client connected as. A server serves these types beside those that it names itself. @default none */
  readonly connectionTypes?: readonly ConnectionType[]
  /** Where each connection stands at its beginning, on this side; messages with conditions go by it. @default 'active' */
  readonly state?: string
  /** The same for its mode. @default null */
  readonly mode?: string | number | null
  /** What stands between messages and the wire, in the order of the way out. @default none */
  readonly middleware?: readonly Middleware[]
  /**
   * Whether the client takes the ids of the server, by name: both may have registered their messages in any order. False: ids have to be the same on both sides.
   * @default true
   */
  readonly autosync?: boolean
  /** What a client does where one side has a message that the other lacks: `close`, with `message-mismatch`, or `ignore`. @default 'close' */
  readonly missing?: 'close' | 'ignore'
  /**
   * On a server: `manual` keeps what comes until `server.messages.pump()`, at most `limits.waitingCalls` messages of each client; what comes beyond that is dropped, and told as `dropped`. A client reads
   * by hand with `connect(url, { pump: 'manual' })`, objects and messages alike. @default 'auto'
   */
  readonly pump?: 'auto' | 'manual'
  /** On a server: whether a client may send a message; false is a violation, `no-permission`. Default: all may send all. */
  readonly authorize?: (client: any, message: Passing) => boolean
  /** On a server: who gets a message that is sent to everybody. Default: everybody. */
  readonly filter?: (client: any, message: Passing) => boolean
}
