/** WebRTC data channels: the server half, which needs the package `node-datachannel`, and the client half. */
import type { Listener } from '../lib/link/transport.ts'
import { WebrtcListener } from './webrtc/listener.ts'
import type { WebrtcOptions } from './webrtc/options.ts'

export { type DialerTls, type IceServer, type WebrtcDialerOptions, webrtcDialer } from './webrtc/client.ts'
export type { WebrtcOptions } from './webrtc/options.ts'
export type { TlsOptions, UpgradableServer, UpgradeRequest } from './websocket/host.ts'
export type { Origins } from './websocket/origin.ts'

/**
 * Listens for WebRTC connections. Needs the package `node-datachannel` (`npm install node-datachannel`).
 *
 * ```ts
 * createServer({ classes, transports: [websocket({ port: 7200 }), webrtc({ port: 7203 })] })
 * ```
 * @throws UsageError for options that cannot be followed.
 */
export function webrtc(options: WebrtcOptions = {}): Listener {
  return new WebrtcListener(options)
}
