/** `fieldcast/client`: connects to a server and gives sight of its world. */
import { websocketDialer } from '../transports/websocket/client.ts'
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
 * @throws ConnectionFailed when nobody answers, SchemaMismatch when the server was built from other classes, Rejected when the login is refused,
 * TimedOut, or Disconnected with the server's reason.
 */
export async function connect<A extends NetworkObject, P extends NetworkObject = A>(
  url: string,
  options: ConnectOptions<A> & { readonly avatar?: NetworkObjectClass<P> },
): Promise<Client<P>> {
  const dialer = options.transport ?? websocketDialer()
  const schema = new Schema(options.classes)
  await schema.ready('connect()')
  await loadRare(schema, options.pump === 'manual')
  const client = new ConnectedClient<P>(schema, options)
  await client.open(url, dialer)
  return client
}
