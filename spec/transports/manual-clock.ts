/** A clock that a spec moves by hand. */
import type { Clock, Timer } from '../../lib/base/clock.ts'

export class ManualClock implements Clock {
  #now = 0
  #timers: { due: number; task: () => void }[] = []

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.length
  }

  now(): number {
    return this.#now
  }

  wall(): number {
    return this.#now
  }

  after(ms: number, task: () => void): Timer {
    const timer = { due: this.#now + ms, task }
    this.#timers.push(timer)
    const cancel = (): void => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
    return { cancel }
  }

  every(): Timer {
    throw new Error('No transport needs this.')
  }

  soon(task: () => void): void {
    queueMicrotask(task)
  }

  /** Lets `ms` milliseconds pass, each timer at its time. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await new Promise(resolve => setImmediate(resolve))
      const next = this.#timers.filter(timer => timer.due <= end).sort((a, b) => a.due - b.due)[0]
      if (!next) break
      this.#timers = this.#timers.filter(timer => timer !== next)
      this.#now = Math.max(this.#now, next.due)
      next.task()
    }
    this.#now = end
  }
}
