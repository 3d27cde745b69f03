/** Reads and changes the accounts of a store. Each change names the version that it was made from, so that of two servers one is told. */
import type { Clock } from '../../base/clock.ts'
import { StoreError } from '../../base/errors.ts'
import { versionAfter } from '../persister/record.ts'
import type { Store } from '../store.ts'
import { accountOfRow, type KeptAccount, type Place, rowOfAccount } from './account-row.ts'
import { type AccountName, idOfName } from './names.ts'

/** How often a change is tried again when another came between. */
const ATTEMPTS = 20

interface Entry {
  readonly place: Place
  /** Null where there is none. */
  readonly account: KeptAccount | null
}

export class AccountBook {
  readonly #store: Store
  readonly #clock: Clock

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** @throws StoreError where it cannot be read. */
  async find(name: AccountName): Promise<{ readonly place: Place; readonly account: KeptAccount } | null> {
    const { place, account } = await this.#entry(name.folded)
    // Another name may have the same id, for whoever takes the trouble to look for it.
    return account?.folded === name.folded ? { place, account } : null
  }

  async isTaken({ folded }: AccountName): Promise<boolean> {
    return (await this.#entry(folded)).account !== null
  }

  /** False where the name is taken. */
  async add(account: KeptAccount): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const entry = await this.#entry(account.folded)
      if (entry.account) return entry.account.id === account.id
      if (await this.#write(entry.place, account)) return true
    }
    throw this.#unsettled(account.name)
  }

  /** Changes an account, or removes it where `change` gives null. False where there is none. */
  async change(name: AccountName, change: (account: KeptAccount) => KeptAccount | null): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await this.find(name)
      if (!found) return false
      if (await this.#write(found.place, change(found.account))) return true
    }
    throw this.#unsettled(name.shown)
  }

  /** The account as it stands after a login with the password of `hash`, which is `next` from now on; null where it no longer has that. */
  async noteLogin(name: AccountName, hash: string, next: string): Promise<KeptAccount | null> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await this.find(name)
      if (found?.account.hash !== hash) return null
      const account = { ...found.account, hash: next, lastLogin: this.#clock.wall() }
      if (await this.#write(found.place, account)) return account
    }
    throw this.#unsettled(name.shown)
  }

  async #entry(folded: string): Promise<Entry> {
    const id = idOfName(folded)
    const [row] = await this.#store.get([id])
    if (!row) return { place: { id, version: 0 }, account: null }
    const account = accountOfRow(row)
    return { place: { id, version: 'version' in row ? row.version : 0 }, account }
  }

  #write({ id, version }: Place, account: KeptAccount | null): Promise<boolean> {
    const row = rowOfAccount({ id, version: versionAfter(version, this.#clock) }, account)
    return this.#store.commit({ put: [row], expect: [{ id, version }] })
  }

  #unsettled(name: string): StoreError {
    return new StoreError(
      'retryable',
      `The account ${JSON.stringify(name)} was changed ${ATTEMPTS} times while it was to be changed.`,
    )
  }
}
