/** `fieldcast/stores/accounts`: login by name and password, kept in the game's own store. */
import { type Clock, systemClock } from '../base/clock.ts'
import { Reject, UsageError } from '../base/errors.ts'
import { toHex } from '../base/hex.ts'
import { type Random, systemRandom } from '../base/random.ts'
import { AccountBook } from './accounts/account-book.ts'
import { checkData, type Data } from './accounts/account-data.ts'
import type { KeptAccount } from './accounts/account-row.ts'
import { type AccountName, nameOf } from './accounts/names.ts'
import {
  checkCost,
  costOf,
  defaultCost,
  hashOfNobody,
  hashPassword,
  isPasswordOf,
  passwordOf,
  type ScryptCost,
} from './accounts/passwords.ts'
import { Turns } from './accounts/turns.ts'
import type { Store } from './store.ts'

export type { ScryptCost } from './accounts/passwords.ts'

export interface AccountsOptions {
  /** `open`: credentials `{ name, password, register: true }` make a new account. `closed`: only `register()` does. @default 'closed' */
  readonly register?: 'open' | 'closed'
  /** Least code points of a new password. @default 8 */
  readonly minPassword?: number
  /** Most code points of a name, up to 128. @default 32 */
  readonly maxName?: number
  /** What a hash costs. Accounts whose hash cost something else get a new one at their next login. @default { N: 32768, r: 8, p: 3 } */
  readonly scrypt?: ScryptCost
  /** Hashes that are made at once; each occupies a thread of Node's pool, which has four. @default 2 */
  readonly atOnce?: number
  /** Logins that wait for one, half of them from one address at most; those beyond are refused as `busy`. @default 50 */
  readonly waiting?: number
  /** Whether `login` gives the account's avatar, which the server then keeps: false for servers without avatars. @default true */
  readonly avatar?: boolean
  readonly clock?: Clock
  readonly random?: Random
}

/** An account as its game sees it. */
export interface StoredAccount {
  /** 24 hex digits: the owner of its objects, by which `find` finds them. A name that is removed and registered again has another. */
  readonly id: string
  /** As it was registered. */
  readonly name: string
  /** The stored id of its avatar. */
  readonly avatar: string
  /** Whatever the game keeps with it. */
  readonly data: Readonly<Record<string, unknown>>
  readonly created: Date
  readonly lastLogin: Date | null
}

/** What `login` gives to the server. */
export interface LoginAccount {
  readonly id: string
  readonly avatar?: string
  /** The account's data, and its name: `client.data.name`. */
  readonly data: Readonly<Record<string, unknown>> & { readonly name: string }
}

export interface Accounts {
  /**
   * For `createServer({ login })`: takes credentials `{ name, password }`. Needs no `this`.
   * @throws Reject `invalid-login`, whatever is wrong with them; `busy`; with `register: true` also the reasons of `register()`, or `registration-closed`.
   */
  readonly login: (credentials: unknown, client: { readonly address: string }) => Promise<LoginAccount>
  /**
   * Makes an account. Names are the same where they differ in case or width alone.
   * @param data a plain object of what JSON holds.
   * @throws Reject `bad-name` (empty, too long, or with characters that nobody sees), `bad-password` (too short or too long), `name-taken`, `busy`.
   */
  register(name: string, password: string, data?: Readonly<Record<string, unknown>>): Promise<StoredAccount>
  /** Null where there is none. */
  get(name: string): Promise<StoredAccount | null>
  /** False where there is no such account. Those who are logged in stay so. @throws Reject `bad-password`, `busy`. */
  setPassword(name: string, password: string): Promise<boolean>
  /** Replaces what the game keeps with an account. False where there is none. */
  setData(name: string, data: Readonly<Record<string, unknown>>): Promise<boolean>
  /** Takes an account away, and leaves the objects that it owns. False where there was none. Those who are logged in stay so. */
  remove(name: string): Promise<boolean>
}

/**
 * Accounts in a store: names, and passwords hashed with scrypt. They stand beside the game's objects, under a class of the library's own, so that they are saved, exported and
 * restored with them, and all servers of one store have the same ones. The store has to be open: the server opens it when it starts.
 *
 * ```ts
 * const store = lmdbStore('./world')
 * const players = accounts(store, { register: 'open' })
 * const server = createServer({ classes: [Player], avatar: Player, store, login: players.login })
 * ```
 *
 * All that talks to the store throws its StoreErrors; an account that cannot be read is one, and is left as it is.
 * @throws UsageError for options that cannot be followed.
 */
export function accounts(store: Store, options: AccountsOptions = {}): Accounts {
  return new StoreAccounts(store, options)
}

class StoreAccounts implements Accounts {
  readonly #book: AccountBook
  readonly #turns: Turns
  readonly #open: boolean
  readonly #minPassword: number
  readonly #maxName: number
  readonly #cost: ScryptCost
  readonly #givesAvatar: boolean
  readonly #clock: Clock
  readonly #random: Random

  constructor(store: Store, options: AccountsOptions) {
    const { register = 'closed', minPassword = 8, maxName = 32, scrypt = defaultCost, avatar = true } = options
    const { atOnce = 2, waiting = 50, clock = systemClock, random = systemRandom } = options
    checkCost(scrypt)
    for (const [name, value, most] of [
      ['minPassword', minPassword, 128],
      ['maxName', maxName, 128],
      ['atOnce', atOnce, 1024],
      ['waiting', waiting, 1_000_000],
    ] as const)
      if (!Number.isInteger(value) || value < 1 || value > most)
        throw new UsageError(`accounts({ ${name} }) is a whole number from 1 to ${most}, not ${value}.`)
    if (register !== 'open' && register !== 'closed')
      throw new UsageError(`accounts({ register }) is 'open' or 'closed', not ${JSON.stringify(register)}.`)
    this.#book = new AccountBook(store, clock)
    this.#turns = new Turns(atOnce, waiting)
    this.#open = register === 'open'
    this.#minPassword = minPassword
    this.#maxName = maxName
    this.#cost = scrypt
    this.#givesAvatar = avatar
    this.#clock = clock
    this.#random = random
  }

  readonly login = async (given: unknown, { address }: { readonly address: string }): Promise<LoginAccount> => {
    const credentials = (given ?? {}) as { readonly [key in 'name' | 'password' | 'register']?: unknown }
    if (credentials.register === true) {
      if (!this.#open) throw new Reject('registration-closed')
      return this.#welcome(await this.#register(credentials.name, credentials.password, {}, address))
    }
    const name = nameOf(credentials.name, this.#maxName)
    const password = passwordOf(credentials.password)
    if (!name || password === null) throw new Reject('invalid-login')
    return this.#welcome(await this.#inTurn(address, () => this.#check(name, password)))
  }

  async register(name: string, password: string, data: Data = {}): Promise<StoredAccount> {
    checkData(data)
    return shown(await this.#register(name, password, data, ''))
  }

  async get(name: string): Promise<StoredAccount | null> {
    const found = await this.#book.find(this.#known(name))
    return found && shown(found.account)
  }

  async setPassword(name: string, password: string): Promise<boolean> {
    const known = this.#known(name)
    const next = this.#newPassword(password)
    if (!(await this.#book.find(known))) return false
    const hash = await this.#inTurn('', () => hashPassword(next, this.#cost, this.#random))
    return this.#book.change(known, account => ({ ...account, hash }))
  }

  async setData(name: string, data: Data): Promise<boolean> {
    checkData(data)
    return this.#book.change(this.#known(name), account => ({ ...account, data }))
  }

  async remove(name: string): Promise<boolean> {
    return this.#book.change(this.#known(name), () => null)
  }

  async #register(givenName: unknown, givenPassword: unknown, data: Data, address: string): Promise<KeptAccount> {
    const name = nameOf(givenName, this.#maxName)
    if (!name) throw new Reject('bad-name')
    const password = this.#newPassword(givenPassword)
    if (await this.#book.isTaken(name)) throw new Reject('name-taken')
    const hash = await this.#inTurn(address, () => hashPassword(password, this.#cost, this.#random))
    const { shown: asShown, folded } = name
    const [id, avatar] = [this.#newId(), this.#newId()]
    const created = this.#clock.wall()
    const account = { id, name: asShown, folded, hash, avatar, data, created, lastLogin: null }
    if (!(await this.#book.add(account))) throw new Reject('name-taken')
    return account
  }

  /** @throws Reject for a password that is not the account's, after as long as for one that is. */
  async #check(name: AccountName, password: string): Promise<KeptAccount> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const found = await this.#book.find(name)
      const hash = found?.account.hash ?? hashOfNobody(this.#cost)
      const fits = await isPasswordOf(hash, password)
      if (!found || !fits) break
      const { N, r, p } = costOf(hash)!
      const isOfToday = N === this.#cost.N && r === this.#cost.r && p === this.#cost.p
      const next = isOfToday ? hash : await hashPassword(password, this.#cost, this.#random)
      const account = await this.#book.noteLogin(name, hash, next)
      if (account) return account
      // It has another hash by now, which may be of the same password, or it is gone.
    }
    throw new Reject('invalid-login')
  }

  #welcome({ id, name, avatar, data }: KeptAccount): LoginAccount {
    return { id, ...(this.#givesAvatar && { avatar }), data: { ...data, name } }
  }

  #inTurn<T>(address: string, task: () => Promise<T>): Promise<T> {
    return this.#turns.run(address, task) ?? Promise.reject(new Reject('busy'))
  }

  /** A name that the server asks for: none of an account where it cannot be one. */
  #known(name: string): AccountName {
    return nameOf(name, Number.POSITIVE_INFINITY) ?? { shown: '', folded: '' }
  }

  #newPassword(given: unknown): string {
    const password = passwordOf(given)
    if (password === null || [...password].length < this.#minPassword) throw new Reject('bad-password')
    return password
  }

  /** As the ids of objects: the time first, so that rows stand in the order in which they were made. */
  #newId(): string {
    const seconds = Math.floor(this.#clock.wall() / 1000) >>> 0
    return seconds.toString(16).padStart(8, '0') + toHex(this.#random.bytes(8))
  }
}

function shown({ id, name, avatar, data, created, lastLogin }: KeptAccount): StoredAccount {
  return {
    id,
    name,
    avatar,
    data,
    created: new Date(created),
    lastLogin: lastLogin === null ? null : new Date(lastLogin),
  }
}
