/**
 * All objects of a server by id. Ids are given in rising order, so pages of them are full: a word an object, where a Map takes four, no rehash of
 * a million entries at once, and no hash to be computed for each call.
 */
import type { Body } from './body.ts'

// Small, for where one object of many stays behind it keeps its page: 256 words at worst.
const PAGE_BITS = 8
const PAGE_SIZE = 1 << PAGE_BITS
// A shelf of 4,096 pages serves a million ids; there are 4,096 shelves.
const SHELF_BITS = 12
const SHELF_SIZE = 1 << SHELF_BITS

class Page {
  count = 0
  readonly slots: (Body | undefined)[] = new Array(PAGE_SIZE).fill(undefined)
}

class Shelf {
  count = 0
  readonly pages: (Page | undefined)[] = new Array(SHELF_SIZE).fill(undefined)
}

export class Bodies {
  /** By the highest bits of the id. Shelves that are empty again make room. */
  readonly #shelves: (Shelf | undefined)[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  get(id: number): Body | undefined {
    const body = this.#page(id)?.slots[id % PAGE_SIZE]
    // Clients name ids beyond 32 bits too, which the shift cuts.
    return body?.id === id ? body : undefined
  }

  has(id: number): boolean {
    return this.get(id) !== undefined
  }

  /** Takes in an object whose id is free. */
  add(body: Body): void {
    const { id } = body
    const number = id >>> (PAGE_BITS + SHELF_BITS)
    const shelf = (this.#shelves[number] ??= new Shelf())
    const place = (id >>> PAGE_BITS) % SHELF_SIZE
    let page = shelf.pages[place]
    if (!page) {
      shelf.pages[place] = page = new Page()
      shelf.count++
    }
    page.slots[id % PAGE_SIZE] = body
    page.count++
    this.#size++
  }

  delete(id: number): void {
    if (!this.has(id)) return
    const page = this.#page(id)!
    page.slots[id % PAGE_SIZE] = undefined
    this.#size--
    if (--page.count > 0) return
    const number = id >>> (PAGE_BITS + SHELF_BITS)
    const shelf = this.#shelves[number]!
    shelf.pages[(id >>> PAGE_BITS) % SHELF_SIZE] = undefined
    if (--shelf.count === 0) this.#shelves[number] = undefined
  }

  /** Those that are there when their turn comes, in the order of their ids: objects may be made and deleted meanwhile. */
  *[Symbol.iterator](): Generator<Body> {
    for (const shelf of this.#shelves) {
      if (!shelf) continue
      for (const page of shelf.pages) {
        if (!page) continue
        for (const body of page.slots) if (body) yield body
      }
    }
  }

  #page(id: number): Page | undefined {
    return this.#shelves[id >>> (PAGE_BITS + SHELF_BITS)]?.pages[(id >>> PAGE_BITS) % SHELF_SIZE]
  }
}
