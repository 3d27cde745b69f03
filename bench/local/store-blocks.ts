/** How long the event loop stands still: what players feel of whatever else goes on in a server's process. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

const resolution = 1

export class Blocks {
  readonly #delays: IntervalHistogram = monitorEventLoopDelay({ resolution })

  constructor() {
    this.#delays.enable()
  }

  /** The longest since it was made, ms. */
  async end(): Promise<number> {
    // It counts from timer to timer: the last one has to come.
    await new Promise(resolve => setTimeout(resolve, 3 * resolution))
    this.#delays.disable()
    return Math.max(0, this.#delays.max / 1e6 - resolution)
  }
}

/** A turn of the event loop. */
export const immediate = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
