/** `fieldcast/client`: connects to a server and gives sight of its world. */
import { websocketDialer } from '../transports/websocket/client.ts'
import { ConnectionFailed, UsageError } from './base/errors.ts'
import { logWarning } from './base/log.ts'
import type { Dialer } from './link/transport.ts'
import type { Client, ConnectOptions } from './replication/view/client.ts'
import { ConnectedClient } from './replication/view/connected-client.ts'
import { loadRare } from './replication/view/load-rare.ts'
import type { NetworkObjectClass } from './schema/network-class.ts'
import type { NetworkObject } from './schema/network-object.ts'
import { Schema } from './schema/schema.ts'

export type { CloseName } from './protocol/close.ts'
export type { Client, ClientZones, ConnectOptions, ObjectsInView } from './replication/view/client.ts'
export type { ClientEvents } from './replication/view/events.ts'

/**
 * Connects, logs in, and resolves when the avatar and the first zone are in view.
 *
 * ```ts
 * const client = await connect('ws://localhost:7200', { classes: [ClientPlayer], login: { name: 'ann' } })
 * client.avatar.send.moveTo(3, 4)
 * ```
 *
 * Several urls of one server stand in order of preference: the next is tried when one fails, or has not opened within `fallbackMs`. The first that opens is
 * taken, the others are closed before any login. The scheme chooses the wire: docs/transports.md has the table.
 *
 * ```ts
 * const client = await connect(['udp://game.example:7202', 'wss://game.example'], { classes: [ClientPlayer] })
 * ```
 *
 * @throws ConnectionFailed when nobody answers; of several urls it names each and why. UsageError for an empty list, SchemaMismatch when the server was built from other classes, Rejected when the login is refused,
 * TimedOut, or Disconnected with the server's reason.
 */
export async function connect<A extends NetworkObject, P extends NetworkObject = A>(
  url: string | readonly string[],
  options: ConnectOptions<A> & { readonly avatar?: NetworkObjectClass<P> },
): Promise<Client<P>> {
  const schema = new Schema(options.classes)
  await schema.ready('connect()')
  await options.messages?.ready()
  await loadRare(schema, options.pump === 'manual')
  const client = new ConnectedClient<P>(schema, options)
  const { transport } = options
  const dialerOf = async (one: string): Promise<Dialer> => {
    // All that were named, where the one stands for them.
    const to = one === String(url) ? url : one
    return typeof to === 'string' && (transport ? 'dial' in transport : /^wss?:/i.test(to) && URL.canParse(to))
      ? ((transport as Dialer | undefined) ?? websocketDialer())
      : (await import('#wires')).choose(
          to,
          options,
          client.clock,
          websocketDialer,
          ConnectionFailed,
          UsageError,
          logWarning,
        )
  }
  await client.open(String(url), await dialerOf(String(url)), dialerOf)
  return client
}
