/**
 * What is under way over a link, per player, without a word per player. An end sets a mark behind what it has sent; the other answers when it has read so far. One
 * mark at most is open, so each player needs two counters: what was sent before the open mark, and what since.
 */

/** The marks of one direction of a link. */
export class Marks {
  /** Numbers the stretch between two marks that is being sent. */
  current = 1
  /** Up to which stretch all has been read. */
  read = 0
  /** Something was sent since the last mark. */
  #isDue = false

  /** Something is being sent. */
  note(): void {
    this.#isDue = true
  }

  /** Whether a mark is to be set now. */
  take(): boolean {
    if (!this.#isDue || this.read < this.current - 1) return false
    this.#isDue = false
    this.current++
    return true
  }

  /** The other end has come to the open mark. False where none is open. */
  answer(): boolean {
    if (this.read === this.current - 1) return false
    this.read = this.current - 1
    return true
  }
}

/** The bytes of one player that are under way. */
export class Flight {
  readonly #marks: Marks
  #stretch = 0
  /** Sent in that stretch. */
  #now = 0
  /** Sent in the one before. */
  #before = 0

  constructor(marks: Marks) {
    this.#marks = marks
  }

  add(bytes: number): void {
    const { current } = this.#marks
    if (this.#stretch !== current) {
      this.#before = this.#stretch === current - 1 ? this.#now : 0
      this.#now = 0
      this.#stretch = current
    }
    this.#now += bytes
  }

  get bytes(): number {
    const { read } = this.#marks
    if (this.#stretch <= read) return 0
    return this.#stretch - 1 <= read ? this.#now : this.#now + this.#before
  }
}
