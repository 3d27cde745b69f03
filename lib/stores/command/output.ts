/** Where a command of `fieldcast store` writes: results and data to the standard output, all else to the error output, where a terminal gets a line that moves. */
import process from 'node:process'
import { type Clock, systemClock } from '../../base/clock.ts'
import { UsageError } from '../../base/errors.ts'

/** Between two moves of the line on a terminal, and between two lines elsewhere, ms. */
const GAP_TERMINAL = 100
const GAP_ELSEWHERE = 10_000
const WIPE = '\r\x1b[K'

export class Output {
  readonly clock: Clock
  readonly #start: number
  readonly #isTerminal: boolean
  #shown = false
  #last: number

  constructor(clock: Clock = systemClock) {
    this.clock = clock
    this.#isTerminal = process.stderr.isTTY === true
    this.#start = clock.now()
    this.#last = this.#start
    // Whoever reads may go away, as `head` does: that is told where it is written.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  }

  /** Since the command began. */
  get seconds(): number {
    return (this.clock.now() - this.#start) / 1000
  }

  /** A line of the result. */
  async print(text: string): Promise<void> {
    this.#wipe()
    await this.write(`${text}\n`)
  }

  /** Data. Resolves when there is room for more. @throws UsageError where nobody reads them any more. */
  async write(text: string): Promise<void> {
    const error = await new Promise(resolve => process.stdout.write(text, resolve))
    if (error) throw new UsageError(`The output ended before all was written (${(error as Error).message}).`)
  }

  /** A line for people, beside the result. */
  tell(text: string): void {
    this.#wipe()
    process.stderr.write(`${text}\n`)
  }

  /** How far it is. @param done of 1; null where nobody knows how much there is */
  progress(text: () => string, done: number | null = null): void {
    const now = this.clock.now()
    if (now - this.#last < (this.#isTerminal ? GAP_TERMINAL : GAP_ELSEWHERE)) return
    this.#last = now
    if (!this.#isTerminal) return this.tell(`${done === null ? '' : `${percent(done)}, `}${text()}`)
    process.stderr.write(`${WIPE}${done === null ? '' : `${bar(done)} `}${text()}`)
    this.#shown = true
  }

  #wipe(): void {
    if (!this.#shown) return
    process.stderr.write(WIPE)
    this.#shown = false
  }
}

const WIDTH = 24

const percent = (done: number): string => `${Math.floor(Math.min(done, 1) * 100)}%`

function bar(done: number): string {
  const full = Math.round(Math.min(done, 1) * WIDTH)
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] ${percent(done).padStart(4)}`
}
