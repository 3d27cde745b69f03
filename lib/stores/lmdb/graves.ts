/** The versions of objects that were deleted, so that what was sent before the deletion does not bring them back. They are kept for an hour. */
import { systemClock } from '../../base/clock.ts'
import type { Database } from './driver.ts'

const KEPT_MS = 3_600_000

/** Most graves that one transaction clears. */
const CLEARED_AT_ONCE = 1000

interface Grave {
  readonly version: number
  /** When it was dug, ms since 1970. */
  readonly at: number
}

export class Graves {
  /** By id, the oldest first. */
  readonly #graves: Map<string, Grave>

  private constructor(graves: Map<string, Grave>) {
    this.#graves = graves
  }

  static read(deleted: Database): Graves {
    const found: [string, Grave][] = []
    for (const { key, value } of deleted.getRange({ start: ' ' })) {
      const grave = parse(value)
      if (grave) found.push([key, grave])
    }
    return new Graves(new Map(found.sort(([, a], [, b]) => a.at - b.at)))
  }

  /** 0 for an object that was not deleted, or long ago. */
  versionOf(id: string): number {
    return this.#graves.get(id)?.version ?? 0
  }

  /** Whose time is over. */
  old(): string[] {
    const before = systemClock.wall() - KEPT_MS
    const ids: string[] = []
    for (const [id, { at }] of this.#graves) {
      if (at > before || ids.length === CLEARED_AT_ONCE) break
      ids.push(id)
    }
    return ids
  }

  /** Takes over what has been written: versions by id, null for a grave that was cleared. */
  written(changes: ReadonlyMap<string, number | null>): void {
    const at = systemClock.wall()
    for (const [id, version] of changes) {
      this.#graves.delete(id)
      if (version !== null) this.#graves.set(id, { version, at })
    }
  }
}

export const graveText = (version: number): string => JSON.stringify({ version, at: systemClock.wall() })

function parse(bytes: Uint8Array): Grave | null {
  try {
    const { version, at } = Object(JSON.parse(Buffer.from(bytes).toString())) as Partial<Grave>
    return Number.isSafeInteger(version) && typeof at === 'number' ? { version: version!, at } : null
  } catch {
    return null
  }
}
