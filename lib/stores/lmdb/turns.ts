/** How long the store keeps the game waiting: after so many rows or characters it lets other work go first. */

/** Rows that are read or made ready in one go; a fraction of a millisecond. */
export const SLICE = 256

/** Characters that are encoded in one go. */
export const SLICE_CHARACTERS = 262_144

/** Lets everything go first that waits to run. */
export const pause = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
