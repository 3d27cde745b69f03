/** Whoever handles actions by name: methods `Network_<action>`, methods with `@on(action)`, functions given to `on`, and a catch-all behind them. */
import { guard } from '../../base/thenable.ts'
import { added } from '../added.ts'
import type { ActionData } from './data.ts'
import { adoptMarks } from './on.ts'

export type ActionHandler = (data: any) => unknown

/** Hears of what a handler threw. `where` names the handler. */
export type Failed = (error: unknown, where: string) => void

let handleAt: (actor: Actor, data: ActionData, failed: Failed) => boolean

export abstract class Actor {
  static {
    // A door for the library that games do not see.
    handleAt = (actor, data, failed) => actor.#handle(data, failed)
  }

  readonly #handlers = new Map<string, Set<ActionHandler>>()
  readonly #catchAlls = new Set<ActionHandler>()

  constructor() {
    adoptMarks(this)
  }

  /** Runs `handler` for each such action, behind the method `Network_<action>`, until the returned function is called. */
  on(action: string, handler: ActionHandler): () => void {
    let handlers = this.#handlers.get(action)
    if (!handlers) this.#handlers.set(action, (handlers = new Set()))
    return added(handlers, handler)
  }

  /** Runs `handler` for every action, behind the method `Network` and whatever belongs to the action alone, until the returned function is called. */
  onAny(handler: ActionHandler): () => void {
    return added(this.#catchAlls, handler)
  }

  #handle(data: ActionData, failed: Failed): boolean {
    const { action } = data
    const name = `Network_${action}`
    let isHeard = false
    const run = (where: string, handler: () => unknown): void => {
      isHeard = true
      guard(handler, error => failed(error, where))
    }
    const method = this.#method(name)
    if (method) run(name, () => method.call(this, data))
    for (const handler of [...(this.#handlers.get(action) ?? [])]) run(`on('${action}')`, () => handler(data))
    const catchAll = this.#method('Network')
    if (catchAll) run('Network', () => catchAll.call(this, data))
    for (const handler of [...this.#catchAlls]) run('onAny', () => handler(data))
    return isHeard
  }

  /** By a name that begins with Network: an action reaches nothing else. */
  #method(name: string): ActionHandler | null {
    const method: unknown = (this as Record<string, unknown>)[name]
    return typeof method === 'function' ? (method as ActionHandler) : null
  }
}

/** Runs what an actor has for an action, each with the others unharmed. False where that is nothing. */
export const handle = (actor: Actor, data: ActionData, failed: Failed): boolean => handleAt(actor, data, failed)
