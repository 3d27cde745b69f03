/** What has arrived and is to be handled: at once, or when the game pumps. */
import { UsageError } from '../../base/errors.ts'

export type PumpMode = 'auto' | 'manual'

/** What an item costs beside its bytes. */
const overhead = 64

/** What one connection has waiting, bytes. */
export interface Share {
  waiting: number
}

interface Item {
  readonly share: Share
  readonly cost: number
  readonly isAction: boolean
  readonly run: () => void
}

export class Inlet {
  readonly #isManual: boolean
  readonly #most: number
  #items: Item[] = []
  #next = 0

  /** @param most waits of one connection at most, bytes. @throws UsageError for a mode that there is not. */
  constructor(mode: PumpMode = 'auto', most: number) {
    if (mode !== 'auto' && mode !== 'manual')
      throw new UsageError(`pump is 'auto' or 'manual', not ${JSON.stringify(mode)}.`)
    this.#isManual = mode === 'manual'
    this.#most = most
  }

  /** Takes an action of so many bytes. False where too much waits. */
  action(share: Share, bytes: number, run: () => void): boolean {
    if (!this.#isManual) {
      run()
      return true
    }
    const cost = bytes + overhead
    if (share.waiting + cost > this.#most) return false
    share.waiting += cost
    this.#items.push({ share, cost, isAction: true, run })
    return true
  }

  /** Takes word of a connection's beginning or end. */
  event(run: () => void): void {
    if (this.#isManual) this.#items.push({ share: { waiting: 0 }, cost: 0, isAction: false, run })
    else run()
  }

  /** Handles what waits, in order, and gives the number of actions. A handler may pump too: it gets what comes behind its own action. */
  pump(): number {
    let count = 0
    while (this.#next < this.#items.length) {
      const { share, cost, isAction, run } = this.#items[this.#next++]!
      share.waiting -= cost
      if (isAction) count++
      run()
    }
    this.#items = []
    this.#next = 0
    return count
  }
}
