/** Who waits for whom within a process: commits that share an object or a shard come one after the other, since MongoDB would undo all but one of them. */

export class Turns {
  /** The last to come, of each thing that is in use. */
  readonly #last = new Map<string, Promise<void>>()

  /** Runs `job` once all that were given before, and share a thing with it, have ended. */
  async take<T>(things: Iterable<string>, job: () => Promise<T>): Promise<T> {
    const before = new Set<Promise<void>>()
    let end!: () => void
    const ended = new Promise<void>(resolve => (end = resolve))
    const mine = [...things]
    for (const thing of mine) {
      const last = this.#last.get(thing)
      if (last && last !== ended) before.add(last)
      this.#last.set(thing, ended)
    }
    await Promise.all(before)
    try {
      return await job()
    } finally {
      for (const thing of mine) if (this.#last.get(thing) === ended) this.#last.delete(thing)
      end()
    }
  }
}
