/** How players walk: straight on for a while, then another way, at 5 units a second; the same steps for everyone who is measured. */
import { seededRandom } from 'fieldcast/testing'

/** From 0 to so many units in both directions. */
export const worldSize = 1000
export const stepsPerSecond = 20
const speed = 5
const step = speed / stepsPerSecond

export interface Walker {
  x: number
  y: number
  heading: number
  /** Steps for which it stands still. */
  pause: number
}

export class Crowd {
  readonly walkers: Walker[]
  readonly #random: { number(): number }
  readonly #standing: number

  /** @param standing the share of the time that each stands still. */
  constructor(count: number, standing = 0, seed = 1) {
    const random = seededRandom(seed)
    this.#random = random
    this.#standing = standing
    this.walkers = Array.from({ length: count }, () => ({
      x: random.number() * worldSize,
      y: random.number() * worldSize,
      heading: random.number() * 2 * Math.PI,
      pause: 0,
    }))
  }

  /** Moves walker `i` by a step. False where it stands still. */
  step(i: number): boolean {
    const walker = this.walkers[i]!
    const random = this.#random
    if (walker.pause > 0) {
      walker.pause--
      return false
    }
    // About once a second another way, or a rest of a second.
    if (random.number() < 1 / stepsPerSecond) {
      walker.heading += (random.number() - 0.5) * Math.PI
      if (random.number() < this.#standing * 2) walker.pause = stepsPerSecond
    }
    let x = walker.x + Math.cos(walker.heading) * step
    let y = walker.y + Math.sin(walker.heading) * step
    if (x < 0 || x > worldSize || y < 0 || y > worldSize) {
      walker.heading += Math.PI
      x = walker.x
      y = walker.y
    }
    walker.x = x
    walker.y = y
    return true
  }
}
