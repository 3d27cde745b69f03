/** Who a connection is: the game's word on its credentials, and one connection per account. Rules 27 and 30 of docs/guarantees.md. */

/** What `login` may return. */
export interface Account {
  /** Two connections of one id are a double login: the older is closed. Anonymous where absent. */
  readonly id?: string | number
  /** The stored id of its avatar: loaded, or made and kept under this id where the store holds none. Where absent, each connection gets a new one that nobody keeps. */
  readonly avatar?: string
  /** Where the avatar starts; where absent, the zone in which a stored one was last, else the server option `zone`. */
  readonly zone?: number | null
  /** Given to the client object as `data`. */
  readonly data?: unknown
}

/** The connections of accounts that are logged in. */
export class Accounts<C> {
  readonly #holders = new Map<string | number, C>()

  holder(account: Account): C | undefined {
    return account.id == null ? undefined : this.#holders.get(account.id)
  }

  claim(account: Account, by: C): void {
    if (account.id != null) this.#holders.set(account.id, by)
  }

  /** Gives an account up, unless another connection holds it by now. */
  release(account: string | number | null, by: C): void {
    if (account !== null && this.#holders.get(account) === by) this.#holders.delete(account)
  }
}
