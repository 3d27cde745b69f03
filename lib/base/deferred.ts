/** A promise with its keys. Nobody has to await it: that it fails ends no process. */
export class Deferred<T> {
  declare resolve: (value: T) => void
  declare reject: (error: unknown) => void
  readonly promise: Promise<T> = new Promise((resolve, reject) => {
    this.resolve = resolve
    this.reject = reject
  })

  constructor() {
    this.promise.catch(() => {})
  }
}
