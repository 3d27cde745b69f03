/** Promises of any make: what a game's code gives back may come from another library. */

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

/** Runs code of the game. What it throws, at once or by a promise that it gives back, goes to `report`. */
export function guard(run: () => unknown, report: (error: unknown) => void): void {
  try {
    const result = run()
    if (isThenable(result)) result.then(undefined, report)
  } catch (error) {
    report(error)
  }
}
