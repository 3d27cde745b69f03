/** How a handler changes what goes on. */

/** What a handler's `return amend(...)` gives to the call path. */
export class Amendment {
  readonly args: readonly unknown[]
  readonly result: unknown

  constructor(args: readonly unknown[], result?: unknown) {
    this.args = args
    this.result = result
  }
}

/**
 * Returned by a handler on the server: the call goes on with these arguments instead; they are what is kept and delivered.
 *
 * ```ts
 * override say(text: string) { return amend(text.replaceAll('damn', 'd***')) }
 * ```
 *
 * Typed `never`, so that it may be returned from any handler. A request answers as well: `return amend.answering(result, ...args)`.
 */
export const amend: {
  (...args: readonly unknown[]): never
  /** The same for a request: `result` is what its caller gets. */
  answering(result: unknown, ...args: readonly unknown[]): never
} = Object.assign((...args: readonly unknown[]): never => new Amendment(args) as never, {
  answering: (result: unknown, ...args: readonly unknown[]): never => new Amendment(args, result) as never,
})
