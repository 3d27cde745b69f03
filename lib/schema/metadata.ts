/** Where declarations are kept. In Node that is reflect-metadata, which several loaded copies of a file share; in browsers, where every byte counts, a table of our own. */
import { read, write } from '#metadata'

// TypeScript and esbuild give a class its metadata object only where this symbol exists when the class is defined.
;(Symbol as { metadata?: symbol }).metadata ??= Symbol.for('Symbol.metadata')

export class MetadataStore<T> {
  readonly #key: string

  constructor(key: string) {
    this.#key = key
  }

  put(target: object, value: T): void {
    write(this.#key, value, target)
  }

  /** What was put on this very target, not on one that it inherits from. */
  get(target: object): T | undefined {
    return read(this.#key, target) as T | undefined
  }
}
