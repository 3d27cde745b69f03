/** How a player of the load walks: straight on, a unit a move, with a turn now and then, within a square world. */
export class Walker {
  readonly #world: number
  #x: number
  #y: number
  #heading = Math.random() * 2 * Math.PI

  constructor(world: number) {
    this.#world = world
    this.#x = Math.random() * world
    this.#y = Math.random() * world
  }

  step(): { x: number; y: number } {
    if (Math.random() < 0.02) this.#heading = Math.random() * 2 * Math.PI
    const x = this.#x + Math.cos(this.#heading)
    const y = this.#y + Math.sin(this.#heading)
    if (x < 0 || y < 0 || x >= this.#world || y >= this.#world) this.#heading += Math.PI
    else {
      this.#x = x
      this.#y = y
    }
    return { x: Math.floor(this.#x), y: Math.floor(this.#y) }
  }
}
