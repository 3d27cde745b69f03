/** Time that passes only when told to: hours of a game in a moment, the same way each time. */
import type { Clock, Timer } from '../base/clock.ts'

interface Entry {
  due: number
  readonly order: number
  readonly every: number | null
  readonly task: () => void
}

export class VirtualClock implements Clock {
  #now = 0
  #order = 0
  readonly #epoch: number
  readonly #entries = new Set<Entry>()

  /** @param epoch what `wall()` starts from, ms since 1970. */
  constructor(epoch: number = Date.UTC(2026, 0, 1)) {
    this.#epoch = epoch
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#entries.size
  }

  now(): number {
    return this.#now
  }

  wall(): number {
    return this.#epoch + this.#now
  }

  after(ms: number, task: () => void): Timer {
    return this.#add(ms, null, task)
  }

  every(ms: number, task: () => void): Timer {
    return this.#add(ms, Math.max(ms, 0.001), task)
  }

  soon(task: () => void): void {
    queueMicrotask(task)
  }

  /** Lets `ms` milliseconds pass; every timer that falls due runs, and what it set off has settled before the next one. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await settled()
    for (let next = this.#next(); next && next.due <= until; next = this.#next()) {
      this.#run(next)
      await settled()
    }
    this.#now = until
  }

  /** Lets time pass up to the next timer, at most `ms`. False when none fell due. */
  async step(ms: number): Promise<boolean> {
    await settled()
    const next = this.#next()
    if (!next || next.due > this.#now + ms) {
      this.#now += ms
      return false
    }
    this.#run(next)
    await settled()
    return true
  }

  #add(ms: number, every: number | null, task: () => void): Timer {
    const entry: Entry = { due: this.#now + Math.max(0, ms), order: this.#order++, every, task }
    this.#entries.add(entry)
    return { cancel: () => void this.#entries.delete(entry) }
  }

  #next(): Entry | undefined {
    let next: Entry | undefined
    for (const entry of this.#entries)
      if (!next || entry.due < next.due || (entry.due === next.due && entry.order < next.order)) next = entry
    return next
  }

  #run(entry: Entry): void {
    this.#now = Math.max(this.#now, entry.due)
    if (entry.every === null) this.#entries.delete(entry)
    else entry.due += entry.every
    entry.task()
  }
}

/** Resolves when every promise that could settle without new input has. */
export function settled(): Promise<void> {
  return macrotask()
}

const macrotask: () => Promise<void> =
  typeof setImmediate === 'function'
    ? () => new Promise(resolve => setImmediate(resolve))
    : () =>
        new Promise(resolve => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = () => {
            port1.close()
            resolve()
          }
          port2.postMessage(null)
        })
