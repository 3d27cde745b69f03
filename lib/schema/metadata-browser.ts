/** Metadata without a library: a bundle holds one copy of this file, so that nothing has to be shared. */

const tables = new Map<string, WeakMap<object, unknown>>()

export function write(key: string, value: unknown, target: object): void {
  let table = tables.get(key)
  if (!table) tables.set(key, (table = new WeakMap()))
  table.set(target, value)
}

export const read = (key: string, target: object): unknown => tables.get(key)?.get(target)
