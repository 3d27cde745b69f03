/** Which places of the sources have been reached, as V8 itself counts them: what tells a fuzzer that an input has led somewhere new. */
import { type Profiler, Session } from 'node:inspector/promises'

export class Coverage {
  readonly #session = new Session()
  readonly #seen = new Set<string>()

  static async start(): Promise<Coverage> {
    const coverage = new Coverage()
    coverage.#session.connect()
    await coverage.#session.post('Profiler.enable')
    await coverage.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
    return coverage
  }

  /** Places that were reached so far. */
  get size(): number {
    return this.#seen.size
  }

  /** How many places have been reached since the last call that never were before. */
  async news(): Promise<number> {
    const before = this.#seen.size
    const { result } = (await this.#session.post(
      'Profiler.takePreciseCoverage',
    )) as Profiler.TakePreciseCoverageReturnType
    for (const { url, functions } of result) {
      if (!/\/(lib|transports)\/.*\.ts$/.test(url) || url.includes('node_modules')) continue
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges)
          if (count > 0) this.#seen.add(`${url}:${startOffset}-${endOffset}:${steps(count)}`)
    }
    return this.#seen.size - before
  }

  async stop(): Promise<void> {
    await this.#session.post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }
}

/** How often in steps, so that a loop that runs longer counts as new a few times and not forever. */
const steps = (count: number): number => Math.floor(Math.log2(count))
