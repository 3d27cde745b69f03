/** Metadata without a library: a bundle holds one copy of this file, so that nothing has to be shared. */

export const metadataStore = <T>(_key: string): WeakMap<object, T> => new WeakMap()
