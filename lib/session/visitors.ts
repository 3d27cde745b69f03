/**
 * What connections cost the address that they come from, and failed logins that and the account: limits that hold before anybody has logged in. Nothing of one
 * address costs another anything. Rule 32 of docs/guarantees.md.
 */
import type { Clock } from '../base/clock.ts'
import { hash64 } from '../base/hash.ts'
import type { Limits } from '../protocol/limits.ts'
import { addressKey } from './address-key.ts'
import { pay } from './gauges.ts'
import { Recent } from './recent.ts'

/** How many addresses are remembered beside those that are connected, and how many accounts: the oldest are forgotten first. */
const REMEMBERED = 10_000

const MINUTE = 60_000

/** Places in `paid`. */
const CONNECTS = 0
const FAILURES = 1

class Visitor {
  open = 0
  /** Logins that the game is still deciding on, those of connections that have gone included. */
  deciding = 0
  /** Until when connections and failed logins are paid, ms. */
  readonly paid: Float64Array = new Float64Array(2)

  get isBusy(): boolean {
    return this.open > 0 || this.deciding > 0
  }
}

/** A login that the game is deciding on. */
interface Decision {
  readonly visitor: Visitor
  readonly since: number
}

interface Suspect {
  readonly paid: Float64Array
  /** Whence it logged in last: there it goes on to do so, whatever others try. */
  home: string | null
}

/** Where a connection comes from: as much of a Channel as counts here. */
export interface Origin {
  readonly address: string
  readonly network: boolean
}

export class Visitors {
  readonly #limits: Limits
  readonly #clock: Clock
  readonly #visitors: Recent<Visitor>
  readonly #suspects: Recent<Suspect>
  /** The oldest stand first. */
  readonly #decisions = new Set<Decision>()

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
    // By then all is forgiven.
    this.#visitors = new Recent(clock, REMEMBERED, 2 * MINUTE, visitor => visitor.isBusy)
    this.#suspects = new Recent(clock, REMEMBERED, Number.POSITIVE_INFINITY, () => false)
  }

  /** Addresses and accounts that are remembered: for specs. */
  get size(): { readonly addresses: number; readonly accounts: number } {
    return { addresses: this.#visitors.size, accounts: this.#suspects.size }
  }

  /**
   * A new connection: false where its address has too many, or makes them too fast. Each that was admitted has to `leave`.
   *
   * @param reserve so many more than others the connection may find there.
   */
  admit(origin: Origin, reserve = 0): boolean {
    if (!counts(origin)) return true
    const { connectionsPerAddress, connectsPerSecond } = this.#limits
    const visitor = this.#visitor(origin.address)
    if (visitor.open >= connectionsPerAddress + reserve) return false
    const price = 1000 / connectsPerSecond
    // Whoever may have so many may open them at once.
    const burst = Math.max(2 * connectsPerSecond, connectionsPerAddress) * price
    if (!(connectsPerSecond > 0) || !pay(visitor.paid, CONNECTS, this.#clock.now(), price, burst)) return false
    visitor.open++
    return true
  }

  leave(origin: Origin): void {
    if (!counts(origin)) return
    const visitor = this.#visitors.peek(addressKey(origin.address))
    if (visitor && visitor.open > 0) visitor.open--
  }

  /**
   * How long this address is to wait before it may try to log in, in seconds; 0 where it may. Too many logins have failed from it, or with this account from elsewhere
   * than its home.
   */
  wait(origin: Origin, account: string | number | null): number {
    if (!counts(origin)) return 0
    const { failedLoginsPerAddress, failedLoginsPerAccount } = this.#limits
    const visitor = this.#visitors.peek(addressKey(origin.address))
    const ms = visitor ? this.#debt(visitor.paid, FAILURES, failedLoginsPerAddress) : 0
    const suspect = account === null ? undefined : this.#suspects.peek(accountKey(account))
    if (!suspect || suspect.home === addressKey(origin.address)) return Math.ceil(ms / 1000)
    return Math.ceil(Math.max(ms, this.#debt(suspect.paid, 0, failedLoginsPerAccount)) / 1000)
  }

  /** A login was refused. Tokens of resume do not count: nobody guesses one, and after a restart all of a network's would be none. */
  failed(origin: Origin, account: string | number | null = null): void {
    if (!counts(origin)) return
    const now = this.#clock.now()
    const { failedLoginsPerAddress, failedLoginsPerAccount } = this.#limits
    charge(this.#visitor(origin.address).paid, FAILURES, now, failedLoginsPerAddress)
    if (account !== null) charge(this.#suspect(account).paid, 0, now, failedLoginsPerAccount)
  }

  succeeded(origin: Origin, account: string | number | null): void {
    if (counts(origin) && account !== null) this.#suspect(account).home = addressKey(origin.address)
  }

  /**
   * The game begins to decide on a login: what to call when it has; null where it decides on too many. One that it never ends counts for a minute.
   */
  decide(origin: Origin): (() => void) | null {
    if (!counts(origin)) return () => {}
    const now = this.#clock.now()
    for (const old of this.#decisions) {
      if (now - old.since < MINUTE) break
      this.#end(old)
    }
    const visitor = this.#visitor(origin.address)
    const { loginsAtOnce, connectionsPerAddress } = this.#limits
    if (this.#decisions.size >= loginsAtOnce || visitor.deciding >= connectionsPerAddress) return null
    const decision = { visitor, since: now }
    this.#decisions.add(decision)
    visitor.deciding++
    return () => this.#end(decision)
  }

  #end(decision: Decision): void {
    if (this.#decisions.delete(decision)) decision.visitor.deciding--
  }

  /** Ms until one more failure is affordable. */
  #debt(paid: Float64Array, at: number, perMinute: number): number {
    const owed = Math.max(paid[at]! - this.#clock.now(), 0)
    return perMinute > 0 ? Math.max(owed + MINUTE / perMinute - MINUTE - 1e-3, 0) : MINUTE
  }

  #visitor(address: string): Visitor {
    return this.#visitors.get(addressKey(address), newVisitor)
  }

  #suspect(account: string | number): Suspect {
    return this.#suspects.get(accountKey(account), newSuspect)
  }
}

const newVisitor = (): Visitor => new Visitor()
const newSuspect = (): Suspect => ({ paid: new Float64Array(1), home: null })

/** The own process is nobody to defend against. */
const counts = ({ address, network }: Origin): boolean => network && address !== ''

/** Of names only a fingerprint is kept: they may be long, and are nobody's business. Those that differ in case or width alone are one. */
function accountKey(account: string | number): string {
  return hash64(`${typeof account}:${String(account).slice(0, 256).normalize('NFKC').toLowerCase()}`)
}

/** As many as a minute allows may come at once; what comes beyond is owed as well, up to twice that. */
function charge(paid: Float64Array, at: number, now: number, perMinute: number): void {
  paid[at] = Math.min(Math.max(paid[at]!, now) + MINUTE / Math.max(perMinute, 1e-9), now + 2 * MINUTE)
}
