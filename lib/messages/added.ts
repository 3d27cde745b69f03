/** Adds a handler, and gives what takes it out again. A wrapper of its own, so that the same function given twice is two handlers with two removers. */
export function added<F extends (...args: any[]) => unknown>(handlers: Set<F>, handler: F): () => void {
  const entry = ((...args) => handler(...args)) as F
  handlers.add(entry)
  return () => void handlers.delete(entry)
}
