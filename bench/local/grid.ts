/** Walkers on a grid of zones that has no edge: each is in one zone and watches the nine around it. The same steps for everyone who is measured. */
import { seededRandom } from 'fieldcast/testing'

/** A zone is 20 units wide: 5 units a second, 20 steps a second. */
const step = 5 / 20 / 20

export class Grid {
  /** Zones in a row, and in a column. */
  readonly width: number
  /** Places in zone widths. */
  readonly x: number[]
  readonly y: number[]
  readonly zones: number[]
  readonly #heading: number[]
  readonly #random: { number(): number } = seededRandom(1)

  constructor(walkers: number, zones: number) {
    this.width = Math.max(3, Math.round(Math.sqrt(zones)))
    const all = <T>(make: () => T): T[] => Array.from({ length: walkers }, make)
    this.x = all(() => this.#random.number() * this.width)
    this.y = all(() => this.#random.number() * this.width)
    this.#heading = all(() => this.#random.number() * 2 * Math.PI)
    this.zones = this.x.map((_, i) => this.#zoneAt(i))
  }

  /** Everyone takes a step. Gives those who are in another zone than before. */
  step(): number[] {
    const crossed: number[] = []
    for (let i = 0; i < this.x.length; i++) {
      if (this.#random.number() < 0.05) this.#heading[i]! += (this.#random.number() - 0.5) * Math.PI
      this.x[i] = this.#wrapped(this.x[i]! + Math.cos(this.#heading[i]!) * step)
      this.y[i] = this.#wrapped(this.y[i]! + Math.sin(this.#heading[i]!) * step)
      const zone = this.#zoneAt(i)
      if (zone === this.zones[i]) continue
      this.zones[i] = zone
      crossed.push(i)
    }
    return crossed
  }

  /** A zone and its neighbours. */
  around(zone: number): number[] {
    const { width } = this
    const [column, row] = [zone % width, Math.floor(zone / width)]
    const zones: number[] = []
    for (let dy = -1; dy <= 1; dy++)
      for (let dx = -1; dx <= 1; dx++)
        zones.push(((column + dx + width) % width) + ((row + dy + width) % width) * width)
    return zones
  }

  /** How many moves reach somebody when everyone has moved once; one's own counts. */
  get deliveries(): number {
    const count = new Array<number>(this.width ** 2).fill(0)
    for (const zone of this.zones) count[zone]!++
    let sum = 0
    for (const zone of this.zones) for (const near of this.around(zone)) sum += count[near]!
    return sum
  }

  #wrapped(value: number): number {
    return (value + this.width) % this.width
  }

  #zoneAt(i: number): number {
    return Math.floor(this.x[i]!) + Math.floor(this.y[i]!) * this.width
  }
}
