/** The objects in one zone. An array in which each object knows its place: two words an object, where a Set takes four. */
import { type Body, NOWHERE } from './body.ts'
import { Tour } from './tour.ts'

/** So many gaps are left alone while somebody walks. */
const fewGaps = 64

export class Members implements Iterable<Body> {
  #bodies: (Body | undefined)[] = []
  readonly #tours = new Set<Tour>()
  #gaps = 0

  get size(): number {
    return this.#bodies.length - this.#gaps
  }

  has(body: Body): boolean {
    return this.#bodies[body.place] === body
  }

  at(place: number): Body | undefined {
    return this.#bodies[place]
  }

  add(body: Body): void {
    body.place = this.#bodies.length
    this.#bodies.push(body)
  }

  /** The last one takes the place of the one that goes; while somebody walks all stay, and a gap is left. */
  delete(body: Body): void {
    if (!this.has(body)) return
    if (this.#tours.size > 0) {
      this.#bodies[body.place] = undefined
      this.#gaps++
    } else {
      const last = this.#bodies.pop()!
      if (last !== body) {
        this.#bodies[body.place] = last
        last.place = body.place
      }
    }
    body.place = NOWHERE
    // Walks that follow on each other without end must not make it grow.
    if (this.#gaps > fewGaps && this.#gaps * 2 > this.#bodies.length) this.#closeUp()
  }

  /** Calls `use` for so many at most, those that stand last. */
  ofLast(count: number, use: (body: Body) => void): void {
    for (let place = this.#bodies.length - 1; place >= 0 && count > 0; place--) {
      const body = this.#bodies[place]
      if (!body) continue
      use(body)
      count--
    }
  }

  /** A walk over those that are here now; to be ended. */
  walk(): Tour {
    const tour = new Tour(this.#bodies.length)
    this.#tours.add(tour)
    return tour
  }

  end(tour: Tour): void {
    this.#tours.delete(tour)
    if (this.#tours.size === 0 && this.#gaps > 0) this.#closeUp()
  }

  [Symbol.iterator](): Iterator<Body> {
    return this.#gaps === 0 ? (this.#bodies as Body[])[Symbol.iterator]() : this.#present()
  }

  *#present(): Generator<Body> {
    for (const body of this.#bodies) if (body) yield body
  }

  #closeUp(): void {
    const old = this.#bodies
    const bodies: Body[] = []
    const places = new Uint32Array(old.length + 1)
    for (let place = 0; place < old.length; place++) {
      places[place] = bodies.length
      const body = old[place]
      if (!body) continue
      body.place = bodies.length
      bodies.push(body)
    }
    places[old.length] = bodies.length
    for (const tour of this.#tours) tour.move(places)
    this.#bodies = bodies
    this.#gaps = 0
  }
}
