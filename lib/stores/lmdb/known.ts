/** What stands of objects, as the next write has to know it. What was written or asked for lately needs no look at the files: nobody else writes. */
import { UsageError } from '../../base/errors.ts'
import { isStoredId, type StoredRow } from '../store.ts'
import type { Files } from './files.ts'
import type { Graves } from './graves.ts'
import { type Head, headOf, headText, isHeadOf, parseHead, readHead } from './row-text.ts'

export interface Standing {
  /** That of the row, or of its deletion; 0 for an object that never was. */
  version: number
  /** The row's head as text; null where there is no row. */
  text: string | null
  /** The same, where it was needed. */
  head: Head | null
  /** What is wrong with the row. */
  damaged: string | null
}

/** Objects of a generation: what was not asked for since the generation before last is forgotten. Each takes some 400 bytes. */
const GENERATION = 50_000

export class Known {
  readonly #files: Files
  readonly #graves: Graves
  #young = new Map<string, Standing>()
  #old = new Map<string, Standing>()

  constructor(files: Files, graves: Graves) {
    this.#files = files
    this.#graves = graves
  }

  /** What stands, and as soon as a draft has changed it, what will stand. @throws UsageError for an id that is none. */
  of(id: string): Standing {
    let standing = this.#young.get(id)
    if (!standing) {
      standing = this.#old.get(id) ?? this.#read(id)
      this.#young.set(id, standing)
    }
    return standing
  }

  /** To be called between two drafts. */
  trim(): void {
    if (this.#young.size < GENERATION) return
    this.#old = this.#young
    this.#young = new Map()
  }

  /** Forgets what drafts have changed that was not written, and all else. */
  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }

  #read(id: string): Standing {
    if (!isStoredId(id)) throw new UsageError(`'${id}' is no stored id: those have 24 hex digits, in lower case.`)
    const bytes = this.#files.objects.getBinary(id)
    if (!bytes) return { version: this.#graves.versionOf(id), text: null, head: null, damaged: null }
    const found = readHead(bytes)
    if ('damaged' in found) return { version: 0, text: null, head: null, damaged: found.damaged }
    return { ...found, head: null, damaged: null }
  }
}

/** The head of `row` where it is another than the one that stands; null where it is the same. */
export function changedHead(standing: Standing, row: StoredRow): { readonly head: Head; readonly text: string } | null {
  if (standing.head && isHeadOf(standing.head, row)) return null
  const head = headOf(row)
  const text = headText(head)
  if (text !== standing.text) return { head, text }
  standing.head = head
  return null
}

/** The head that stands, parsed; null where there is no row. What is wrong with it becomes known here. */
export function standingHead(standing: Standing): Head | null {
  if (standing.head || standing.text === null) return standing.head
  const head = parseHead(standing.text)
  if ('damaged' in head) standing.damaged = head.damaged
  else standing.head = head
  return standing.head
}
