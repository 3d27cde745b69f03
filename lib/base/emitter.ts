/** Typed events. A listener that throws harms neither its neighbours nor the engine that emits. */
import { logError, logWarning } from './log.ts'
import { guard } from './thenable.ts'

export class Emitter<Events extends { error: { readonly error: unknown } }> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => unknown>>()
  readonly #unheard: { readonly [E in keyof Events]?: (event: Events[E]) => string | false }

  /** @param unheard what to log of events that nobody listens to; those without an entry pass in silence. */
  constructor(unheard: { readonly [E in keyof Events]?: (event: Events[E]) => string | false }) {
    this.#unheard = unheard
  }

  /** Calls `listener` at each `event` until the returned function is called. Listeners run in the order in which they came. */
  on<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): () => void {
    let listeners = this.#listeners.get(event)
    if (!listeners) this.#listeners.set(event, (listeners = new Set()))
    // A wrapper of its own, so that the same function added twice is two listeners with two removers.
    const entry = (value: never): unknown => listener(value)
    listeners.add(entry)
    return () => void listeners.delete(entry)
  }

  /** Calls the listeners. What one of them throws becomes an `error` event; an `error` that nobody hears is logged. */
  emit<E extends keyof Events>(event: E, value: Events[E]): void {
    const listeners = [...(this.#listeners.get(event) ?? [])]
    if (listeners.length === 0) this.#log(event, value)
    for (const listener of listeners) {
      guard(
        () => listener(value as never),
        error => {
          if (event === 'error') logError(error)
          else this.emit('error', { error, where: `listener of ${String(event)}`, object: null, field: null } as never)
        },
      )
    }
  }

  #log<E extends keyof Events>(event: E, value: Events[E]): void {
    const text = this.#unheard[event]?.(value)
    if (text) logWarning(text)
    if (event === 'error') logError((value as Events['error']).error)
  }
}
