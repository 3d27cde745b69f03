/** Runs many cells, a few at a time. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { type Cell, type Reference, referenceOf, runCell } from './cell.ts'
import { whatIsSaid } from './forgetting.ts'
import { Pages } from './pages.ts'
import type { Recipe } from './recipe.ts'
import type { Forgotten } from './recipes/forgotten.ts'
import { register } from './recipes/index.ts'
import { Workshop } from './workshop.ts'

export class Matrix {
  readonly workshop: Workshop
  readonly #pages: Pages | null
  readonly #queue: (() => Promise<void>)[] = []
  #free: number = Math.max(1, Math.min(4, availableParallelism()))
  #reference: Promise<Reference> | null = null

  /** @param chromium the path of one, or null for no pages. */
  constructor(offline: boolean, chromium: string | null) {
    this.workshop = new Workshop(offline)
    this.#pages = chromium === null ? null : new Pages(chromium)
  }

  /** What all others must equal: Node with `fieldcast/register`. */
  reference(): Promise<Reference> {
    return (this.#reference ??= referenceOf(register, this.workshop))
  }

  async run(recipe: Recipe): Promise<Cell> {
    const reference = await this.reference()
    return this.#inTurn(() => runCell(recipe, this.workshop, reference, this.#pages))
  }

  /** What the user of a toolchain reads who forgot something; null where all went well. */
  whatIsSaid(forgotten: Forgotten): Promise<string | null> {
    return this.#inTurn(() => whatIsSaid(forgotten, this.workshop, this.#pages))
  }

  /** A file of the game. */
  source(name: string): string {
    return readFileSync(new URL(`game/${name}`, import.meta.url), 'utf8')
  }

  async close(keep = false): Promise<void> {
    await this.#pages?.close()
    if (!keep) this.workshop.remove()
  }

  #inTurn<T>(job: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push(() => job().then(resolve, reject))
      this.#next()
    })
  }

  #next(): void {
    if (this.#free === 0) return
    const job = this.#queue.shift()
    if (!job) return
    this.#free--
    void job().finally(() => {
      this.#free++
      this.#next()
    })
  }
}
