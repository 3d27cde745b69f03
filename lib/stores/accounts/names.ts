/** Names of accounts: as people see them, and the form in which two of them are the same. */
import { createHash } from 'node:crypto'

/** Most UTF-16 units of a name as it is given: what is longer is not looked at. */
const MAX_GIVEN = 256

export interface AccountName {
  /** As it is shown: NFKC, without spaces around it. */
  readonly shown: string
  /** Equal for names that people take for the same: without differences of case, width and ligatures. */
  readonly folded: string
}

/** What nobody sees, or sees differently each time: control and formatting characters, lone surrogates, private and unassigned ones, line ends. */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u

/** Null for what is no name. @param most code points */
export function nameOf(given: unknown, most: number): AccountName | null {
  if (typeof given !== 'string' || given.length > MAX_GIVEN || unseen.test(given)) return null
  const shown = given.normalize('NFKC').trim()
  if (shown === '' || [...shown].length > most || unseen.test(shown) || /\s\s/u.test(shown)) return null
  return { shown, folded: fold(shown) }
}

/** Letter by letter: of a whole word, a Greek sigma at its end would become another letter than within. */
const fold = (name: string): string =>
  Array.from(name, letter => letter.toUpperCase().toLowerCase())
    .join('')
    .normalize('NFKC')

/** The stored id under which the account of a name is kept: the same on every server, so that a name is given once. */
export const idOfName = (folded: string): string =>
  createHash('sha256').update(`fieldcast account ${folded}`).digest('hex').slice(0, 24)
