/** Keeping bytes without a new store for each. */

/** Copies into the same store where the length allows: a field of fixed size allocates once. */
export function overwrite(store: Uint8Array | undefined, bytes: Uint8Array, from: number, to: number): Uint8Array {
  const target = store?.length === to - from ? store : new Uint8Array(to - from)
  // A loop: for the few bytes of a call it beats making a view for `set`.
  for (let i = from; i < to; i++) target[i - from] = bytes[i]!
  return target
}
