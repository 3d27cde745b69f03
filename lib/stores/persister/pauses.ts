/** How long is waited for a store that is away, and for the game between two pieces of work. */
import type { Clock } from '../../base/clock.ts'

const FIRST = 100
const LONGEST = 5000

/** Grows with each failure in a row, ms. */
export const pauseAfter = (failures: number): number => Math.min(FIRST * 2 ** failures, LONGEST)

/** Lets the event loop turn. */
export const breathe = (clock: Clock): Promise<void> => new Promise(resolve => clock.after(0, resolve))
