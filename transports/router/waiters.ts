/** The players of a router that do not read as fast as they are written to: the game server is told how much waits for each, and the memory for all is bounded. */
import type { Clock, Timer } from '../../lib/base/clock.ts'
import type { RouterLimits } from './limits.ts'
import type { Player } from './player.ts'

/** Between two looks, ms. */
const EVERY = 20

export class Waiters {
  readonly #clock: Clock
  readonly #limits: RouterLimits
  readonly #players = new Set<Player>()
  #timer: Timer | null = null

  constructor(clock: Clock, limits: RouterLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Bytes wait for it. */
  add(player: Player): void {
    this.#players.add(player)
    this.#timer ??= this.#clock.after(EVERY, this.#look)
  }

  /** It is gone. */
  delete(player: Player): void {
    this.#players.delete(player)
    if (this.#players.size > 0) return
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Tells the game server what has changed. */
  look(): void {
    let all = 0
    for (const player of this.#players) {
      const waiting = player.tell()
      all += waiting
      if (waiting === 0) this.delete(player)
    }
    if (all > this.#limits.waitingBytesOfAll) this.#makeRoom(all)
  }

  readonly #look = (): void => {
    this.#timer = null
    this.look()
    if (this.#players.size > 0) this.#timer ??= this.#clock.after(EVERY, this.#look)
  }

  #makeRoom(all: number): void {
    let rest = all
    for (const player of [...this.#players].sort((a, b) => b.told - a.told)) {
      if (rest <= this.#limits.waitingBytesOfAll) return
      rest -= player.told
      player.giveUp()
    }
  }
}
