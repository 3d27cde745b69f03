/** The only door to time. Everything that waits or measures takes a Clock, so that tests run on a virtual one. */

export interface Timer {
  /** Stops the timer; harmless when it has fired or was cancelled. */
  cancel(): void
}

export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  now(): number
  /** Milliseconds since 1970, for people and for ids. */
  wall(): number
  /** Runs `task` once, `ms` milliseconds from now. */
  after(ms: number, task: () => void): Timer
  /** Runs `task` every `ms` milliseconds until cancelled. */
  every(ms: number, task: () => void): Timer
  /** Runs `task` as soon as the code that runs now has finished, before any timer. */
  soon(task: () => void): void
}

/** The platform's own time. Like any timer, these keep a Node process alive until they have fired or are cancelled. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, task) {
    const handle = setTimeout(task, ms)
    return { cancel: () => clearTimeout(handle) }
  },
  every(ms, task) {
    const handle = setInterval(task, ms)
    return { cancel: () => clearInterval(handle) }
  },
  soon: task => queueMicrotask(task),
}
