/** UDP: reliable frames, and datagrams that wait for nothing, over one socket. For clients in Node. */
import type { Listener } from '../lib/link/transport.ts'
import { UdpListener, type UdpOptions } from './udp/listener.ts'

export { type UdpDialerOptions, udpDialer } from './udp/client.ts'
export type { UdpOptions } from './udp/listener.ts'

/**
 * Listens for UDP connections, which have datagrams. What they carry can be read on the way, as with `ws:` and `tcp:`.
 *
 * ```ts
 * createServer({ classes, transports: [udp({ port: 7202 })] })
 * const client = await connect('udp://localhost:7202', { classes })
 * ```
 * @throws UsageError for options that cannot be followed.
 */
export function udp(options: UdpOptions = {}): Listener {
  return new UdpListener(options)
}
