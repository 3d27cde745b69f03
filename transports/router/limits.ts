/** What players may cost a router. On by default, all configurable. */

export interface RouterLimits {
  /** Longest frame from a player, bytes: that of the game server, where it is not the default. @default 1 MiB */
  readonly frame: number
  /** Connections from one address. @default 64 */
  readonly connectionsPerAddress: number
  /** How long a new connection may be silent, ms. @default 10,000 */
  readonly handshakeMs: number
  /** Players on one link; where all links are full, newcomers are refused. @default 10,000 */
  readonly playersPerLink: number
  /** Bytes that may wait here for one player before it is closed as `too-slow`: more than the game server's own limit, 8 MiB, which comes first. @default 16 MiB */
  readonly waitingBytes: number
  /** The same for all players together: the slowest are closed first. @default 256 MiB */
  readonly waitingBytesOfAll: number
  /** What a player may have sent that the game server has not read yet, bytes, before it is closed for its `rate`. @default 4 MiB */
  readonly unreadBytes: number
  /** Bytes that may wait for a link before it is given up; from half of that on, no player may have more unread than its share. @default 64 MiB */
  readonly linkBytes: number
}

export const defaultRouterLimits: RouterLimits = {
  frame: 1 << 20,
  connectionsPerAddress: 64,
  handshakeMs: 10_000,
  playersPerLink: 10_000,
  waitingBytes: 16 << 20,
  waitingBytesOfAll: 256 << 20,
  unreadBytes: 4 << 20,
  linkBytes: 64 << 20,
}
