/** Whether `limits` as a game gives them can be followed: a limit that is none would let everything pass, or nothing. Servers alone load it. */
import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { utf8Length } from '../base/utf8.ts'
import { CloseReason } from './close.ts'
import { defaultLimits, type LimitOptions, type Limits, limitsFrom, named, type StandingLimits } from './limits.ts'

/** What a limit may be. */
interface Range {
  readonly least: number
  /** `least` itself is out of it. */
  readonly isAbove?: boolean
  /** Infinity: any number, and Infinity itself. */
  readonly most: number
  readonly isWhole?: boolean
}

/** As clients read it, bytes. */
const longestMotd = 4096

/** As long as timers run, and as long as buffers are counted with 31 bits. */
const most = 2 ** 31 - 1
const endless = Number.POSITIVE_INFINITY

const rate: Range = { least: 0, isAbove: true, most: endless }
const count: Range = { least: 0, most: endless, isWhole: true }
const someOf: Range = { ...count, least: 1 }
const bytes: Range = { least: 0, most: endless }
const time: Range = { least: 0, most: endless }

const ranges: Readonly<Record<Exclude<keyof Limits, 'standing'>, Range>> = {
  frame: { least: 1, most, isWhole: true },
  frameBeforeLogin: { least: 1, most, isWhole: true },
  callsPerSecond: { least: 0, most: endless },
  bytesPerSecond: rate,
  connectionsPerAddress: someOf,
  // Of Infinity a burst cannot be made.
  connectsPerSecond: { least: 0, isAbove: true, most: 1e9 },
  failedLoginsPerAddress: rate,
  failedLoginsPerAccount: rate,
  loginsAtOnce: someOf,
  backlogBytes: bytes,
  sendBytesPerSecond: rate,
  waitingBytes: bytes,
  handshakeMs: { least: 0, isAbove: true, most },
  heartbeatMs: { least: 0, most },
  silenceMs: { least: 0, isAbove: true, most: endless },
  waitingCalls: count,
  watchedZones: count,
  snapshotSlice: someOf,
  ownedObjects: count,
  resumeMs: time,
  resumeBytes: bytes,
  graceMs: time,
  graceObjects: count,
}

const points: Range = { least: 0, most: Number.MAX_SAFE_INTEGER }
const standingRanges: Readonly<Record<Exclude<keyof StandingLimits, 'points'>, Range>> = {
  slowed: rate,
  quarantined: rate,
  closed: rate,
  decayPerSecond: points,
}

/** @throws UsageError for a limit that is none, with its name, what it was and what it may be. What is undefined is as by default. */
export function checkLimits(options: LimitOptions = {}): void {
  checkObject(options, 'limits')
  const { standing, ...rest } = options
  checkNumbers(rest, ranges, 'limits', ['standing'])
  const { heartbeatMs, silenceMs } = limitsFrom(options)
  if (heartbeatMs >= silenceMs)
    refuse(
      'limits.silenceMs',
      silenceMs,
      `it is more than limits.heartbeatMs, ${heartbeatMs}: else a quiet connection is lost before it is asked`,
    )
  if (standing === undefined || standing === false) return
  checkObject(standing, 'limits.standing', ', or false')
  const { points: given, ...thresholds } = standing
  checkNumbers(thresholds, standingRanges, 'limits.standing', ['points'])
  checkOrder(named(thresholds))
  if (given === undefined) return
  checkObject(given, 'limits.standing.points')
  checkNumbers(given, pointsRanges, 'limits.standing.points')
}

const pointsRanges: Readonly<Record<string, Range>> = Object.fromEntries(
  Object.keys(CloseReason).map(name => [name, points]),
)

/** What violations cost. @throws UsageError for what is neither. */
export function checkViolations(violations: unknown): void {
  if (violations !== undefined && violations !== 'close' && violations !== 'ignore')
    refuse('violations', violations, "it is 'close' or 'ignore'")
}

/** Whoever only lowers a later one wants just that: it comes before what would have come by default. */
function checkOrder(given: Partial<StandingLimits>): void {
  const { slowed, quarantined, closed } = { ...(defaultLimits.standing as StandingLimits), ...given }
  const late = (name: keyof StandingLimits, value: number, ...after: readonly number[]): boolean =>
    given[name] !== undefined && after.some(other => value > other)
  if (late('slowed', slowed, quarantined, closed) || late('quarantined', quarantined, closed))
    throw new UsageError(
      `createServer({ limits.standing }): slowed ${slowed}, quarantined ${quarantined}, closed ${closed} are out of order. Each is at least the one before: slowed <= quarantined <= closed.`,
    )
}

function checkNumbers(
  given: object,
  known: Readonly<Record<string, Range>>,
  where: string,
  others: readonly string[] = [],
): void {
  for (const [name, value] of Object.entries(given)) {
    const range = Object.hasOwn(known, name) ? known[name] : undefined
    if (!range) throw new UsageError(unknown(name, [...Object.keys(known), ...others], where))
    if (value !== undefined && !fits(value, range)) refuse(`${where}.${name}`, value, `it is ${inWords(range)}`)
  }
}

function unknown(name: string, names: readonly string[], where: string): string {
  const meant = nearest(name, names)
  return `createServer({ ${where} }) has no '${name}'. ${meant ? `Did you mean '${meant}'?` : `It has ${names.join(', ')}.`}`
}

function checkObject(value: unknown, name: string, more = ''): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(name, value, `it is an object like ${name === 'limits' ? '{ callsPerSecond: 100 }' : '{ }'}${more}`)
}

const fits = (value: unknown, { least, isAbove, most, isWhole }: Range): boolean =>
  typeof value === 'number' &&
  (isAbove ? value > least : value >= least) &&
  value <= most &&
  (!isWhole || value === endless || Number.isSafeInteger(value))

function inWords({ least, isAbove, most, isWhole }: Range): string {
  const kind = isWhole ? 'a whole number' : 'a number'
  const from = isAbove ? `above ${least}` : `of at least ${least}`
  return most === endless ? `${kind} ${from}, or Infinity` : `${kind} ${from}, and ${most} at most`
}

function refuse(name: string, value: unknown, may: string): never {
  throw new UsageError(`createServer({ ${name} }) cannot be ${shown(value)}: ${may}.`)
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`
  return typeof value === 'object' && value !== null ? (Array.isArray(value) ? 'a list' : 'an object') : String(value)
}

/** @throws UsageError for a message of the day that no client would read. */
export function checkMotd(motd = ''): void {
  if (typeof motd === 'string' && utf8Length(motd) <= longestMotd) return
  throw new UsageError(`createServer({ motd }) is a text of at most ${longestMotd} bytes of UTF-8.`)
}
