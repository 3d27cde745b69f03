/** Lets a few tasks run at once; the others wait. Whoever asks from one address delays others from there, and those elsewhere by a turn at most. */

interface Waiting {
  begin(): void
}

export class Turns {
  readonly #atOnce: number
  readonly #most: number
  readonly #mostOfOne: number
  /** By address, in the order of their next turns. */
  readonly #queues = new Map<string, Waiting[]>()
  #running = 0
  #waiting = 0

  /** @param atOnce tasks that run. @param most tasks that wait; half of them may be of one address. */
  constructor(atOnce: number, most: number) {
    this.#atOnce = atOnce
    this.#most = most
    this.#mostOfOne = Math.ceil(most / 2)
  }

  /** Runs `task` when it is its turn; null, at once, where too many wait. */
  run<T>(address: string, task: () => Promise<T>): Promise<T> | null {
    if (this.#running < this.#atOnce) return this.#start(task)
    const queue = this.#queues.get(address) ?? []
    if (this.#waiting >= this.#most || queue.length >= this.#mostOfOne) return null
    this.#waiting++
    this.#queues.set(address, queue)
    return new Promise(resolve => queue.push({ begin: () => resolve(this.#start(task)) }))
  }

  async #start<T>(task: () => Promise<T>): Promise<T> {
    this.#running++
    try {
      return await task()
    } finally {
      this.#running--
      this.#next()
    }
  }

  #next(): void {
    const [first] = this.#queues
    if (!first) return
    const [address, queue] = first
    const next = queue.shift()!
    this.#queues.delete(address)
    if (queue.length > 0) this.#queues.set(address, queue)
    this.#waiting--
    next.begin()
  }
}
