/** One transaction in the making: what stands once it is written, and the writes that lead there. */

import { StoreError } from '../../base/errors.ts'
import { isWellFormed } from '../../schema/codec/text.ts'
import { claimedAlready, overtaken } from '../fences.ts'
import type { Commit, Deletion, Expectation, Fence, StoredRow } from '../store.ts'
import type { Database } from './driver.ts'
import type { Files } from './files.ts'
import { type Graves, graveText } from './graves.ts'
import { changedEntries, way } from './indexes.ts'
import { changedHead, type Known, type Standing, standingHead } from './known.ts'
import { encode, type Head, rowText } from './row-text.ts'
import { pause, SLICE, SLICE_CHARACTERS } from './turns.ts'

const NOTHING = new Uint8Array(0)

/** What becomes of rows or index entries, in order. No value stands for one that goes. */
class Writes {
  readonly keys: string[] = []
  readonly values: (Uint8Array | null)[] = []

  add(key: string, value: Uint8Array | null): void {
    this.keys.push(key)
    this.values.push(value)
  }

  hand(table: Database): void {
    const { keys, values } = this
    for (let i = 0; i < keys.length; i++) {
      const value = values[i]
      if (value) table.put(keys[i]!, value)
      else table.remove(keys[i]!)
    }
  }
}

/** Rows that are ready to be written; all lists are in their order. */
interface Ready {
  readonly rows: StoredRow[]
  readonly standing: Standing[]
  /** Null for a head that stands. */
  readonly changed: ({ readonly head: Head; readonly text: string } | null)[]
  readonly values: Uint8Array[]
}

export class Draft {
  /** What it changes: by shard, and by id, null for a grave that goes. */
  readonly epochs: Map<string, number> = new Map()
  readonly graves: Map<string, number | null> = new Map()
  readonly #files: Files
  readonly #known: Known
  readonly #epoch: (shard: string) => number
  readonly #rows = new Writes()
  readonly #entries = new Writes()

  /** @param known is changed at once; where the draft is not written, it must be cleared. */
  constructor(files: Files, known: Known, epoch: (shard: string) => number) {
    this.#files = files
    this.#known = known
    this.#epoch = epoch
  }

  get isEmpty(): boolean {
    return this.#rows.keys.length === 0 && this.epochs.size === 0 && this.graves.size === 0
  }

  /** @throws StoreError `fenced` where that epoch, or a higher one, has been claimed. */
  claim(shard: string, epoch: number): void {
    const held = this.#held(shard)
    if (held >= epoch) throw claimedAlready({ shard, epoch }, held)
    this.epochs.set(shard, epoch)
  }

  /** False where an expectation does not hold. Where it throws, too, nothing of the commit is in the draft. */
  async add({ put, del = [], expect = [] }: Commit, fence: Fence | undefined): Promise<boolean> {
    if (fence && this.#held(fence.shard) > fence.epoch) throw overtaken(fence, this.#held(fence.shard))
    if (!(await this.#meets(expect))) return false
    await this.#look(del)
    this.#put(await this.#prepare(put))
    for (const each of del) this.#delete(each)
    return true
  }

  /** Clears old graves on the way. */
  clear(graves: Graves): void {
    for (const id of graves.old()) if (!this.graves.has(id)) this.graves.set(id, null)
  }

  /** Resolves when everything is durable. Nothing in the batch may throw: what it had handed over by then would be written. */
  async write(): Promise<void> {
    const { objects, index, shards, deleted } = this.#files
    const epochs = new Writes()
    for (const [shard, epoch] of this.epochs)
      epochs.add(way('shard', shard), Buffer.from(JSON.stringify({ shard, epoch })))
    const graves = new Writes()
    for (const [id, version] of this.graves) graves.add(id, version === null ? null : Buffer.from(graveText(version)))
    await objects.batch(() => {
      this.#rows.hand(objects)
      this.#entries.hand(index)
      epochs.hand(shards)
      graves.hand(deleted)
    })
  }

  #held(shard: string): number {
    return this.epochs.get(shard) ?? this.#epoch(shard)
  }

  async #meets(expect: readonly Expectation[]): Promise<boolean> {
    for (const [at, { id, version }] of expect.entries()) {
      if (at > 0 && at % SLICE === 0) await pause()
      const { text, damaged, version: stands } = this.#known.of(id)
      if (damaged !== null || version !== (text === null ? 0 : stands)) return false
    }
    return true
  }

  /** Reads what stands where something is to be deleted: after this, deleting cannot fail. */
  async #look(del: readonly Deletion[]): Promise<void> {
    for (const [at, { id }] of del.entries()) {
      if (at > 0 && at % SLICE === 0) await pause()
      this.#known.of(id)
    }
  }

  /** Everything that can fail, and takes long. @throws where one of the rows cannot be written. */
  async #prepare(put: readonly StoredRow[]): Promise<Ready> {
    const ready: Ready = { rows: [], standing: [], changed: [], values: [] }
    for (let at = 0; at < put.length; ) {
      if (at > 0) await pause()
      const first = ready.rows.length
      const texts: string[] = []
      for (let characters = 0; at < put.length && texts.length < SLICE && characters < SLICE_CHARACTERS; at++) {
        const row = put[at]!
        checkRow(row)
        const standing = this.#known.of(row.id)
        if (row.version <= standing.version) continue
        const changed = changedHead(standing, row)
        if (changed) standingHead(standing)
        if (standing.damaged !== null) throw this.#unreadable(row.id, standing.damaged)
        ready.rows.push(row)
        ready.standing.push(standing)
        ready.changed.push(changed)
        texts.push(rowText(row, changed ? changed.text : standing.text!))
        characters += row.fields.length
      }
      if (!encode(texts, ready.values)) throw malformed(ready.rows.slice(first))
    }
    return ready
  }

  #put({ rows, standing: all, changed: heads, values }: Ready): void {
    for (let i = 0; i < rows.length; i++) {
      const { id, version } = rows[i]!
      const standing = all[i]!
      if (version <= standing.version) continue
      this.#rows.add(id, values[i]!)
      const changed = heads[i]
      if (changed) {
        this.#reindex(id, standing.head, changed.head)
        if (standing.text === null && standing.version > 0) this.graves.set(id, null)
        standing.head = changed.head
        standing.text = changed.text
      }
      standing.version = version
    }
  }

  #delete({ id, version }: Deletion): void {
    const standing = this.#known.of(id)
    if (version <= standing.version) return
    if (standing.text !== null || standing.damaged !== null) {
      this.#rows.add(id, null)
      this.#reindex(id, standingHead(standing), null)
    }
    this.graves.set(id, version)
    standing.version = version
    standing.head = null
    standing.text = null
    standing.damaged = null
  }

  #reindex(id: string, from: Head | null, to: Head | null): void {
    const { gone, come } = changedEntries(id, from, to)
    for (const entry of gone) this.#entries.add(entry, null)
    for (const entry of come) this.#entries.add(entry, NOTHING)
  }

  #unreadable(id: string, damaged: string): StoreError {
    return new StoreError(
      'fatal',
      `The row of ${id} in ${this.#files.folder} cannot be read: ${damaged}. It is left as it is: repair or delete it before the object is written again.`,
    )
  }
}

/** @throws where a row could not be read again as it is. */
function checkRow({ id, class: type, version, format, owner, zone, keys, fields }: StoredRow): void {
  let isRow =
    typeof type === 'string' &&
    Number.isSafeInteger(version) &&
    version > 0 &&
    Number.isSafeInteger(format) &&
    (owner === null || typeof owner === 'string') &&
    (zone === null || Number.isSafeInteger(zone)) &&
    typeof fields === 'string'
  for (const name in keys) isRow &&= typeof keys[name] === 'string'
  if (!isRow)
    throw new StoreError('fatal', `The row of ${id} is none: version ${version}, format ${format}, zone ${zone}.`)
}

function malformed(rows: readonly StoredRow[]): StoreError {
  const { id } = rows.find(({ fields }) => !isWellFormed(fields))!
  return new StoreError('fatal', `The fields of ${id} hold half of a surrogate pair, which JSON writes as \\u.`)
}
