/** The client half of WebRTC. Nothing here may import from Node: a page that imports `fieldcast/transports/webrtc` gets this file. */
import { systemClock } from '../../lib/base/clock.ts'
import { ConnectionFailed } from '../../lib/base/errors.ts'
import type { Dialer } from '../../lib/link/transport.ts'
import { dialerOf, type WebrtcDialerOptions } from './dial.ts'

export type { DialerTls } from '../websocket/platform.ts'
export type { WebrtcDialerOptions } from './dial.ts'
export type { IceServer } from './peer.ts'

/**
 * Dials `webrtc:` and `webrtcs:` urls: in browsers by the platform's own WebRTC, in Node by the package `node-datachannel`.
 *
 * ```ts
 * await connect('webrtc://localhost:7203', { classes, transport: webrtcDialer() })
 * ```
 */
export function webrtcDialer(options: WebrtcDialerOptions = {}): Dialer {
  return dialerOf(options, { clock: options.clock ?? systemClock, ConnectionFailed })
}
