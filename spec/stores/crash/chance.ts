/** What a player leaves to chance, from a seed. */
import { type Random, seededRandom } from '../../../lib/base/random.ts'
import { HOLDERS, PHASES, type State, ZONES } from './state.ts'

/** Characters of the longest notes: several pages of any store. */
const LONGEST = 20_000

export class Chance {
  readonly #random: Random
  /** Most characters of a note, but for a few. */
  #length = 200

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  /** From now on notes are long. */
  grow(): void {
    this.#length = LONGEST
  }

  /** From 0 to below 1. */
  number(): number {
    return this.#random.number()
  }

  /** A whole number from 0 on. */
  upTo(most: number): number {
    return Math.floor(this.number() * (most + 1))
  }

  /** One of them; undefined where there is none. */
  pick<T>(items: readonly T[]): T {
    return items[this.upTo(items.length - 1)]!
  }

  /** The state that follows. @param moves whether place and holder may be others. */
  evolved({ step, name, phase, place, holder, note }: State, moves: boolean): State {
    return {
      step: step + 1,
      name: name === '' || this.number() < 0.1 ? `thing ${this.upTo(9)}` : name,
      phase: this.number() < 0.3 ? this.upTo(PHASES - 1) : phase,
      place: moves && this.number() < 0.2 ? this.pick([-1, ...ZONES]) : place,
      holder: moves && step > 0 && this.number() < 0.1 ? this.pick(HOLDERS) : holder,
      note: this.number() < 0.4 ? this.#note(step + 1) : note,
    }
  }

  #note(step: number): string {
    const length = this.upTo(this.number() < 0.03 ? LONGEST : this.#length)
    return `${step}: `.padEnd(length, this.number().toString(36))
  }
}
