/** Accounts as rows of the game's own store. They read like a game's objects: a list of arguments for each field. */
import { StoreError } from '../../base/errors.ts'
import { parseFields } from '../persister/rows.ts'
import { type Damaged, isDamaged, type StoredRow } from '../store.ts'
import { costOf } from './passwords.ts'

/** No class of a game can have this name: it is none that a class can have in TypeScript. */
export const ACCOUNT_CLASS = 'fieldcast:account'
const FORMAT = 1

/** What is kept of an account. */
export interface KeptAccount {
  /** Of this registration: where a name is given up and registered anew, the new account has another. */
  readonly id: string
  readonly name: string
  /** The name in the form in which it is unique. */
  readonly folded: string
  /** See `passwords.ts`. */
  readonly hash: string
  readonly avatar: string
  readonly data: Readonly<Record<string, unknown>>
  /** ms since 1970. */
  readonly created: number
  /** ms since 1970, or null. */
  readonly lastLogin: number | null
}

/** Where an account stands in the store. */
export interface Place {
  /** Of the row, made from the account's name. */
  readonly id: string
  /** 0 where there is no row. */
  readonly version: number
}

/** @param account null for one that was removed: its row stays, and says so, because versions go on from there. */
export function rowOfAccount({ id, version }: Place, account: KeptAccount | null): StoredRow {
  const fields = account
    ? {
        name: [account.name],
        unique: [account.folded],
        password: [account.hash],
        avatar: [account.avatar],
        data: [account.data],
        created: [date(account.created)],
        ...(account.lastLogin !== null && { lastLogin: [date(account.lastLogin)] }),
      }
    : { removed: [true] }
  return {
    id,
    class: ACCOUNT_CLASS,
    version,
    format: FORMAT,
    owner: account?.id ?? null,
    zone: null,
    keys: {},
    fields: JSON.stringify(fields),
  }
}

/** Null for one that was removed. @throws StoreError where it cannot be read. */
export function accountOfRow(row: StoredRow | Damaged): KeptAccount | null {
  const unreadable = (what: string): StoreError =>
    new StoreError('fatal', `The account in row ${row.id} cannot be read: ${what}. It is left as it is.`)
  if (isDamaged(row)) throw unreadable(row.damaged)
  if (row.class !== ACCOUNT_CLASS) throw unreadable(`its class is ${row.class}`)
  if (row.format > FORMAT) throw unreadable(`it has the form ${row.format} of a newer version of fieldcast`)
  let fields: Map<string, readonly unknown[]>
  try {
    fields = parseFields(row.fields)
  } catch (error) {
    throw unreadable((error as Error).message)
  }
  const value = <T>(field: string, is: (value: unknown) => value is T): T => {
    const found = fields.get(field)?.[0]
    if (is(found)) return found
    // Not what it holds: that may be a secret.
    throw unreadable(`its field ${field} is ${found === undefined ? 'missing' : 'none'}`)
  }
  if (fields.has('removed')) return null
  if (row.owner === null) throw unreadable('it has no owner')
  return {
    id: row.owner,
    name: value('name', isText),
    folded: value('unique', isText),
    hash: value('password', isHash),
    avatar: value('avatar', isText),
    data: value('data', isRecord),
    created: Date.parse(value('created', isDate).$date),
    lastLogin: fields.has('lastLogin') ? Date.parse(value('lastLogin', isDate).$date) : null,
  }
}

/** As in `persister/stored-values.ts`. */
interface StoredDate {
  readonly $date: string
}

const date = (at: number): StoredDate => ({ $date: new Date(at).toISOString() })

const isText = (value: unknown): value is string => typeof value === 'string'
const isHash = (value: unknown): value is string => costOf(value) !== null
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isDate = (value: unknown): value is StoredDate =>
  isRecord(value) && isText(value.$date) && !Number.isNaN(Date.parse(value.$date))
