/** Waiting for what is expected to happen, without guessing how long it takes. */
import { expect } from 'chai'
import type { ClientEvents } from 'fieldcast/client'
import type { Server, ServerEvents } from 'fieldcast/server'

/** What a promise rejects with. Fails where it resolves, or rejects with something else than `type`. */
export async function failureOf<E extends Error>(
  promise: Promise<unknown>,
  type: new (...args: never[]) => E,
): Promise<E> {
  const error = await promise.then(
    value => expect.fail(`resolved with ${String(value)} where a ${type.name} was expected`),
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(type)
  return error as E
}

/** Anything with `on`: a server or a client. */
interface Source {
  on(event: never, listener: never): () => void
}

type EventsOf<S> = S extends Server ? ServerEvents : ClientEvents
type On<V> = (event: unknown, listener: (value: V) => void) => () => void

/** All events of one name from now on; the array grows as they happen. */
export function record<S extends Source, E extends keyof EventsOf<S>>(source: S, event: E): EventsOf<S>[E][] {
  const events: EventsOf<S>[E][] = []
  ;(source.on as On<EventsOf<S>[E]>)(event, value => events.push(value))
  return events
}

/** The next event of one name. */
export function next<S extends Source, E extends keyof EventsOf<S>>(source: S, event: E): Promise<EventsOf<S>[E]> {
  return new Promise(resolve => {
    const off = (source.on as On<EventsOf<S>[E]>)(event, value => {
      off()
      resolve(value)
    })
  })
}

/** A promise with its handles outside. */
export class Gate<T = void> {
  readonly passed: Promise<T>
  open!: (value: T) => void

  constructor() {
    this.passed = new Promise(resolve => {
      this.open = resolve
    })
  }
}
