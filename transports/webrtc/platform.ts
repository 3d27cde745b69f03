/** What the client half is given by its platform: `#webrtc` of package.json chooses. */
import type { DialerTls } from '../websocket/platform.ts'
import type { IceServer } from './peer.ts'

export interface PeerOptions {
  readonly iceServers: readonly IceServer[]
}

export interface PostOptions {
  /** Gives up. */
  readonly signal: AbortSignal
  /** For Node; browsers check certificates by themselves. */
  readonly tls: DialerTls | undefined
}
