/**
 * All objects of a server by id. Ids are given in rising order, so pages of them are full: a word an object, where a Map takes four, and no rehash of
 * a million entries at once.
 */
import type { Body } from './body.ts'

// Small, for where one object of many stays behind it keeps its page: 128 words at worst.
const PAGE_BITS = 7
const PAGE_SIZE = 1 << PAGE_BITS

class Page {
  count = 0
  readonly slots: (Body | undefined)[] = new Array(PAGE_SIZE).fill(undefined)
}

export class Bodies {
  readonly #pages = new Map<number, Page>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get(id: number): Body | undefined {
    const body = this.#pages.get(id >>> PAGE_BITS)?.slots[id % PAGE_SIZE]
    // Clients name ids beyond 32 bits too, which the shift cuts.
    return body?.id === id ? body : undefined
  }

  has(id: number): boolean {
    return this.get(id) !== undefined
  }

  /** Takes in an object whose id is free. */
  add(body: Body): void {
    const number = body.id >>> PAGE_BITS
    let page = this.#pages.get(number)
    if (!page) this.#pages.set(number, (page = new Page()))
    page.slots[body.id % PAGE_SIZE] = body
    page.count++
    this.#size++
  }

  delete(id: number): void {
    if (!this.has(id)) return
    const number = id >>> PAGE_BITS
    const page = this.#pages.get(number)!
    page.slots[id % PAGE_SIZE] = undefined
    this.#size--
    if (--page.count === 0) this.#pages.delete(number)
  }

  /** Those that are there when their turn comes: objects may be made and deleted meanwhile. */
  *[Symbol.iterator](): Generator<Body> {
    for (const { slots } of this.#pages.values()) for (const body of slots) if (body) yield body
  }
}
