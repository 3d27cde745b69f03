/** A clock whose hand stands still while its timers run: no frame bears the time, so that equal runs have equal bytes. */
import type { ServerOptions } from 'fieldcast/server'

export const stillClock: NonNullable<ServerOptions['clock']> = {
  now: () => 1000,
  wall: () => 0,
  after(ms, task) {
    const timer = setTimeout(task, ms)
    return { cancel: () => clearTimeout(timer) }
  },
  every(ms, task) {
    const timer = setInterval(task, ms)
    return { cancel: () => clearInterval(timer) }
  },
  soon: task => queueMicrotask(task),
}
