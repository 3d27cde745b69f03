/** Typed events. A listener that throws harms neither its neighbours nor the engine that emits. */

export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>()
  readonly #onThrow: (error: unknown, event: keyof Events) => void

  /** @param onThrow told of errors thrown by listeners. */
  constructor(onThrow: (error: unknown, event: keyof Events) => void) {
    this.#onThrow = onThrow
  }

  /** Calls `listener` at each `event` until the returned function is called. Listeners run in the order in which they came. */
  on<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): () => void {
    let listeners = this.#listeners.get(event)
    if (!listeners) this.#listeners.set(event, (listeners = new Set()))
    // A wrapper of its own, so that the same function added twice is two listeners with two removers.
    const entry = (value: never): void => listener(value)
    listeners.add(entry)
    return () => void listeners.delete(entry)
  }

  has(event: keyof Events): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0
  }

  emit<E extends keyof Events>(event: E, value: Events[E]): void {
    const listeners = this.#listeners.get(event)
    if (!listeners) return
    for (const listener of [...listeners]) {
      try {
        listener(value as never)
      } catch (error) {
        this.#onThrow(error, event)
      }
    }
  }
}
