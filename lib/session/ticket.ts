/**
 * Tickets: a login that one server of a deployment writes for a client, and another takes in place of credentials. A text of 64 hex digits, HMAC-SHA256 with the key that all of
 * them share, and the JSON that it signs; to clients it means nothing. Never in a log or an event.
 */
import { hmac } from '#hmac'
import type { Clock } from '../base/clock.ts'
import { Reject, UsageError } from '../base/errors.ts'
import { toHex } from '../base/hex.ts'
import type { Random } from '../base/random.ts'
import type { Account } from './login.ts'

/** Options of `createServer({ transfer })`. */
export interface TransferOptions {
  /** What the servers of a deployment share: a text of 32 characters or more. Make one with `openssl rand -hex 32`. */
  readonly key: string
  /** How long a ticket is good for, ms; the servers' clocks have to agree as well as that. @default 30,000 */
  readonly ttlMs?: number
}

/** Who comes with a ticket. */
export interface Passenger {
  readonly account: Account
  readonly context: Readonly<Record<string, unknown>>
  /** This server has written the ticket itself: the client could not go where it was sent, and has come back. Its zone and `data` are those that it had here. */
  readonly returned: boolean
}

/** Who is given a ticket. */
export type Luggage = Omit<Passenger, 'returned'>

/** Longest ticket, characters: it fits the longest frame before login. */
export const longestTicket: number = 48 << 10

const leastKey = 32
/** Tickets that are remembered as used, or as written here, until they expire. */
const remembered = 100_000
const macDigits = 64
/** What a ticket looks like, whoever has signed it. */
const wellFormed = /^[0-9a-f]{64}\{"v":1,"nonce":"[0-9a-f]{32}","until":\d+(\.\d+)?,.*\}$/s

const encoder = new TextEncoder()

/** What is in a ticket. */
interface Contents extends Luggage {
  readonly v: 1
  readonly nonce: string
  /** Until when it is good, ms since 1970. */
  readonly until: number
}

export class Tickets {
  readonly #key: string
  readonly #ttlMs: number
  readonly #clock: Clock
  readonly #random: Random
  /** The used ones and until when they were good, by their nonces, the oldest first. */
  readonly #used = new Map<string, number>()
  /** Those that were written here, and what the client has in their place when it comes back, by their nonces, the oldest first. */
  readonly #written = new Map<string, { readonly until: number; readonly back: Pick<Account, 'zone' | 'data'> }>()
  readonly #warn: (text: string) => void
  readonly #warned = new Set<'key' | 'clock'>()

  /** @param warn hears once of each cause that looks like a mistake of the deployment. */
  constructor(
    { key, ttlMs = 30_000 }: TransferOptions,
    clock: Clock,
    random: Random,
    warn: (text: string) => void = () => {},
  ) {
    if (typeof key !== 'string' || key.length < leastKey)
      throw new UsageError(
        `createServer({ transfer: { key } }) is a text of ${leastKey} characters or more, the same for all servers of a deployment. Make one with: openssl rand -hex 32`,
      )
    if (!(ttlMs > 0 && ttlMs < 2 ** 31))
      throw new UsageError(`createServer({ transfer: { ttlMs } }) is a number of ms above 0, not ${String(ttlMs)}.`)
    if (!hmac)
      throw new UsageError('createServer({ transfer }) needs a server in Node: elsewhere nothing can keep its key.')
    // One key for one purpose, whatever else the text is used for.
    this.#key = `fieldcast ticket\n${key}`
    this.#ttlMs = ttlMs
    this.#clock = clock
    this.#random = random
    this.#warn = warn
  }

  /**
   * @param back the zone and data with which the client is taken if it comes back with the ticket. Default: those of the ticket.
   * @throws UsageError where it would be longer than a login may be.
   */
  write(passenger: Luggage, back: Pick<Account, 'zone' | 'data'> = passenger.account): string {
    const nonce = toHex(this.#random.bytes(16))
    const contents: Contents = { v: 1, nonce, until: this.#clock.wall() + this.#ttlMs, ...passenger }
    const json = JSON.stringify(contents)
    const ticket = this.#mac(json) + json
    if (encoder.encode(ticket).length > longestTicket)
      throw new UsageError(
        `transfer() cannot take along so much: context and data together may have some ${longestTicket >> 10} KiB as JSON.`,
      )
    this.#forget()
    this.#written.set(nonce, { until: contents.until, back })
    return ticket
  }

  /** Takes a ticket, once. @throws Reject for one that is none, or not good any more; it does not say why. */
  take(ticket: string): Passenger {
    const json = ticket.slice(macDigits)
    const refused = new Reject('The ticket is not good.')
    if (ticket.length > longestTicket) throw refused
    if (!hmac!.isSame(ticket.slice(0, macDigits), this.#mac(json))) {
      if (wellFormed.test(ticket))
        this.#warnOnce(
          'key',
          'a ticket came whose signature does not fit. Has the server that wrote it another transfer: { key }? Or somebody forges tickets.',
        )
      throw refused
    }
    // Whoever holds the key has written it, or an older version of this.
    const { v, nonce, until, account, context } = JSON.parse(json) as Contents
    const now = this.#clock.wall()
    if (v === 1 && !(until > now))
      this.#warnOnce(
        'clock',
        `a ticket came ${Math.ceil(now - until)} ms after its end. Do the clocks of the servers agree? Or transfer: { ttlMs } is too short for the way.`,
      )
    if (v !== 1 || !(until > now) || this.#used.has(nonce)) throw refused
    for (const [used, end] of this.#used) {
      if (end > now) break
      this.#used.delete(used)
    }
    if (this.#used.size >= remembered) throw new Reject('busy')
    this.#used.set(nonce, until)
    const own = this.#written.get(nonce)
    if (!own) return { account, context, returned: false }
    this.#written.delete(nonce)
    const { zone: _zone, data: _data, ...who } = account
    const { zone, data } = own.back
    return {
      account: { ...who, ...(zone !== undefined && { zone }), ...(data !== undefined && { data }) },
      context,
      returned: true,
    }
  }

  /** Makes room for one more that is written here. */
  #forget(): void {
    const now = this.#clock.wall()
    for (const [nonce, { until }] of this.#written) {
      if (until > now && this.#written.size < remembered) break
      this.#written.delete(nonce)
    }
  }

  #warnOnce(cause: 'key' | 'clock', text: string): void {
    if (this.#warned.has(cause)) return
    this.#warned.add(cause)
    this.#warn(text)
  }

  #mac(json: string): string {
    return hmac!.sign(this.#key, json)
  }
}

/** Whether a value is the same after a journey as JSON. Cycles are not. */
export function isPlainJson(value: unknown, above: readonly unknown[] = []): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (typeof value !== 'object' || above.includes(value) || above.length > 32) return false
  const within = [...above, value]
  // A hole would come back as null.
  if (Array.isArray(value)) return Array.from(value).every(item => isPlainJson(item, within))
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return false
  return Object.entries(value).every(
    ([name, item]) => name !== '__proto__' && name !== 'toJSON' && (item === undefined || isPlainJson(item, within)),
  )
}
