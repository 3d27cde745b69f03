/** Smooth movement from a few updates per second: what is shown lies a moment in the past, between two places that are known. */
import type { Point } from '../world.ts'

/** How far in the past others are shown, ms: two ticks of the server, so that one late update is no stutter. */
export const DELAY = 100
/** The longest time that one step may take, ms: who stood still for longer starts from there. */
const STEP = 75
/** More samples than any delay needs; a page in the background does not fill its memory. */
const MOST = 32

interface Sample extends Point {
  readonly at: number
}

export class Track {
  readonly #samples: Sample[] = []

  /** Notes a place at the time when it was heard of, ms. */
  add(at: number, { x, y }: Point): void {
    const samples = this.#samples
    const last = samples.at(-1)
    if (last && at - last.at > STEP) samples.push({ at: at - STEP, x: last.x, y: last.y })
    samples.push({ at, x, y })
    if (samples.length > MOST) samples.splice(0, samples.length - MOST)
  }

  /** The place at a time; null before anything was heard. */
  at(time: number): Point | null {
    const samples = this.#samples
    while (samples.length > 1 && samples[1]!.at <= time) samples.shift()
    const [from, to] = samples
    if (!from) return null
    if (!to || time <= from.at) return from
    const part = (time - from.at) / (to.at - from.at)
    return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }
  }
}
