/** Where declarations are kept. In Node that is reflect-metadata, which several loaded copies of a file share; in browsers, where every byte counts, a table of our own. */
import { metadataStore } from '#metadata'

// TypeScript and esbuild give a class its metadata object only where this symbol exists when the class is defined.
;(Symbol as { metadata?: symbol }).metadata ??= Symbol.for('Symbol.metadata')

/** Values by class, prototype or metadata object: what was put on this very one, not on one that it inherits from. */
export interface MetadataStore<T> {
  get(target: object): T | undefined
  set(target: object, value: T): unknown
}

export const createStore: <T>(key: string) => MetadataStore<T> = metadataStore
