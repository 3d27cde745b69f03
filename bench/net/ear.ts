/** What one player hears of the others' moves, and how old each is when it arrives. */

/** Now, in tenths of a millisecond: what every move carries. One process sends and hears them all, so one clock will do. */
export const stamp = (): number => Math.round(performance.now() * 10) >>> 0

/** Ages up to two seconds, by tenths of a millisecond; what is older counts as that. */
const oldest = 20_000

export class Ear {
  /** Whether this player reads its frames at all. In a crowd where all are sent the same, a few who read speak for the others. */
  readonly reads: boolean
  /** Bytes of all frames' payloads. */
  bytes = 0
  /** Moves that arrived, one's own included. */
  moves = 0
  /** How many moves came at each age; of who reads alone. */
  readonly ages: Uint32Array
  #now = 0

  constructor(reads: boolean) {
    this.reads = reads
    this.ages = new Uint32Array(reads ? oldest + 1 : 0)
  }

  /** A frame has arrived; its moves follow. */
  frame(bytes: number): void {
    this.bytes += bytes
    if (this.reads) this.#now = stamp()
  }

  move(at: number, isOwn: boolean): void {
    this.moves++
    if (!isOwn) this.ages[Math.min((this.#now - at) >>> 0, oldest)]!++
  }

  reset(): void {
    this.bytes = this.moves = 0
    this.ages.fill(0)
  }
}

/** The age, in ms, that `share` of all moves stayed below. */
export function quantile(ages: Uint32Array, share: number): number {
  const total = ages.reduce((sum, count) => sum + count, 0)
  let seen = 0
  for (let age = 0; age < ages.length; age++) if ((seen += ages[age]!) >= total * share && seen > 0) return age / 10
  return Number.NaN
}
