/** What one connection may cost. On by default, all configurable. Rule 32 of docs/guarantees.md. */
import type { CloseName } from './close.ts'

/** What violations cost a client whose connection they do not end (the policy `ignore`). Rule 10 of docs/guarantees.md. */
export interface StandingLimits {
  /** Points from which each call costs two. @default 50 */
  readonly slowed: number
  /** Points from which calls are dropped and requests refused. @default 100 */
  readonly quarantined: number
  /** Points from which the connection ends after all. @default 200 */
  readonly closed: number
  /** Points that a second takes away. A level is left at half its points. @default 1 */
  readonly decayPerSecond: number
  /** Points of a violation, by its reason; 5 for those that are not named. `rate` counts ten times a second at most. @default { rate: 1, malformed: 20, 'too-large': 20, 'wrong-direction': 20, 'second-hello': 20 } */
  readonly points: Readonly<Partial<Record<CloseName, number>>>
}

export interface Limits {
  /** Longest frame from a client, bytes. @default 1 MiB */
  readonly frame: number
  /** Longest frame before login, bytes. @default 64 KiB */
  readonly frameBeforeLogin: number
  /** Calls per second and client; bursts of twice that pass. @default 200 */
  readonly callsPerSecond: number
  /** Bytes per second and client; bursts of twice that pass. @default 256 KiB */
  readonly bytesPerSecond: number
  /** What ignored violations add up to; false for nothing. @default see StandingLimits */
  readonly standing: StandingLimits | false
  /** Connections at once from one address: of IPv6, from one network of 64 bits. The own process counts as none. @default 64 */
  readonly connectionsPerAddress: number
  /** New connections per second from one address. At once pass twice as many, and as many as may stand at once. @default 32 */
  readonly connectsPerSecond: number
  /** Logins that may fail per minute and address; after that it has to wait. @default 20 */
  readonly failedLoginsPerAddress: number
  /** Logins with one account (the server option `loginName`) that may fail per minute, whatever their address. The address whence it logged in last is not held up. @default 10 */
  readonly failedLoginsPerAccount: number
  /** Logins that `login` may be deciding on at once; of one address as many as it may have connections. @default 1,024 */
  readonly loginsAtOnce: number
  /**
   * Bytes waiting for one client from which on its Latest and Unreliable calls no longer queue: it gets the newest values of what matters most, as far as it reads.
   * The server option `priority` says what does. @default 64 KiB
   */
  readonly backlogBytes: number
  /** Bytes per second that one client is sent; what is over that is thinned in the same way. Reliable calls go in any case. @default Infinity */
  readonly sendBytesPerSecond: number
  /** Bytes waiting for one client from which on it gets no Latest and Unreliable calls at all; at twice that it is closed as too-slow. @default 4 MiB */
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
  /** How long a client whose connection was lost may come back, ms; its avatar and what it owns wait for it. 0: nobody comes back; 2^31 - 1 at most. @default 15,000 */
  readonly resumeMs: number
  /** What is kept of what was sent to a client and not acknowledged, bytes: one that has missed more than that is told everything anew. @default 256 KiB */
  readonly resumeBytes: number
  /** How long a call to an object that just left the client's view, or its ownership, is no violation, ms. @default 30,000 */
  readonly graceMs: number
  /** How many such objects are remembered per client. @default 4,096 */
  readonly graceObjects: number
}

// One by one, for clients, which need no others.
export const waitingBytes: number = 4 << 20
export const heartbeatMs = 5_000
export const silenceMs = 20_000
/** The longest datagram that is written, bytes: every wire that has datagrams carries them so long. */
export const datagramBytes = 1000
/** How long a Latest field that goes by datagrams is quiet before its newest call is sent once more, the reliable way, ms. */
export const quietMs = 250
/** How long a client that was built from other classes may take to say what differs, ms: it loads the words for that late. */
export const differsMs = 2_000

/** How long a connection beyond the number of its address may take to ask what a query asks, ms. */
export const queryMs = 2_000

/** `limits` as games give them: what is left out is as by default. */
export type LimitOptions = Partial<Omit<Limits, 'standing'>> & {
  readonly standing?: Partial<StandingLimits> | false
}

const standing: StandingLimits = {
  slowed: 50,
  quarantined: 100,
  closed: 200,
  decayPerSecond: 1,
  points: { rate: 1, malformed: 20, 'too-large': 20, 'wrong-direction': 20, 'second-hello': 20 },
}

/** Platforms run longer timers at once, ms. */
const longestTimer = 2 ** 31 - 1

export function limitsFrom(options: LimitOptions = {}): Limits {
  const given = options.standing
  return {
    ...defaultLimits,
    ...named(options),
    resumeMs: Math.min(options.resumeMs ?? defaultLimits.resumeMs, longestTimer),
    standing:
      given === false
        ? false
        : { ...standing, ...named(given ?? {}), points: { ...standing.points, ...named(given?.points ?? {}) } },
  }
}

/** Without what is undefined. */
export function named<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}

export const defaultLimits: Limits = {
  standing,
  frame: 1 << 20,
  frameBeforeLogin: 1 << 16,
  callsPerSecond: 200,
  bytesPerSecond: 256 << 10,
  connectionsPerAddress: 64,
  connectsPerSecond: 32,
  failedLoginsPerAddress: 20,
  failedLoginsPerAccount: 10,
  loginsAtOnce: 1024,
  backlogBytes: 64 << 10,
  sendBytesPerSecond: Number.POSITIVE_INFINITY,
  waitingBytes,
  handshakeMs: 10_000,
  heartbeatMs,
  silenceMs,
  waitingCalls: 1024,
  watchedZones: 4096,
  snapshotSlice: 2000,
  ownedObjects: 1024,
  resumeMs: 15_000,
  resumeBytes: 256 << 10,
  graceMs: 30_000,
  graceObjects: 4096,
}
