/** What one connection may cost. On by default, all configurable. Rule 32 of docs/guarantees.md. */

export interface Limits {
  /** Longest frame from a client, bytes. @default 1 MiB */
  readonly frame: number
  /** Longest frame before login, bytes. @default 64 KiB */
  readonly frameBeforeLogin: number
  /** Calls per second and client; bursts of twice that pass. @default 200 */
  readonly callsPerSecond: number
  /** Bytes per second and client; bursts of twice that pass. @default 256 KiB */
  readonly bytesPerSecond: number
  /** Connections from one address. @default 64 */
  readonly connectionsPerAddress: number
  /** Bytes waiting for one client before its Latest and Unreliable calls are thinned; at twice that it is closed as too-slow. @default 4 MiB */
  readonly waitingBytes: number
  /** From the first byte to the login's end, ms. @default 10,000 */
  readonly handshakeMs: number
  /** Time between pings, ms; 0 turns the heartbeat off. @default 5,000 */
  readonly heartbeatMs: number
  /** Silence after which a connection counts as lost, ms. @default 20,000 */
  readonly silenceMs: number
  /** Calls that may wait behind one object's async handler. @default 1,024 */
  readonly waitingCalls: number
  /** Zones that one client may watch. @default 4,096 */
  readonly watchedZones: number
  /** Objects that one turn of the event loop tells of where zones of more are opened, for all clients together. An object takes 0.1 us, and 0.8 with a reference and a getter. @default 2,000 */
  readonly snapshotSlice: number
  /** Objects that one client may own through `client.create`. @default 1,024 */
  readonly ownedObjects: number
  /** How long a call to an object that just left the client's view, or its ownership, is no violation, ms. @default 30,000 */
  readonly graceMs: number
  /** How many such objects are remembered per client. @default 4,096 */
  readonly graceObjects: number
}

// One by one, for clients, which need no others.
export const waitingBytes: number = 4 << 20
export const heartbeatMs = 5_000
export const silenceMs = 20_000
/** How long a client that was built from other classes may take to say what differs, ms: it loads the words for that late. */
export const differsMs = 2_000

export const defaultLimits: Limits = {
  frame: 1 << 20,
  frameBeforeLogin: 1 << 16,
  callsPerSecond: 200,
  bytesPerSecond: 256 << 10,
  connectionsPerAddress: 64,
  waitingBytes,
  handshakeMs: 10_000,
  heartbeatMs,
  silenceMs,
  waitingCalls: 1024,
  watchedZones: 4096,
  snapshotSlice: 2000,
  ownedObjects: 1024,
  graceMs: 30_000,
  graceObjects: 4096,
}
