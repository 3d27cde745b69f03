/** Zones that are being opened: nothing of them shows before all has arrived, so that objects that refer to each other find each other. */

export class Opening {
  /** One that was under way when this one began. */
  readonly outer: Opening | null
  readonly #fields: (() => void)[] = []
  readonly #greetings: (() => void)[] = []
  readonly #later: (() => void)[] = []
  #left: number

  constructor(zones: number, outer: Opening | null) {
    this.#left = zones
    this.outer = outer
  }

  get isComplete(): boolean {
    return this.#left <= 0
  }

  /** An object has arrived: its fields first, its greeting when every object has its fields. */
  enter(fields: () => void, greeting: () => void): void {
    this.#fields.push(fields)
    this.#greetings.push(greeting)
  }

  later(task: () => void): void {
    this.#later.push(task)
  }

  done(announce: () => void): void {
    this.#left--
    this.#greetings.push(announce)
  }

  complete(): void {
    for (const tasks of [this.#fields, this.#greetings, this.#later]) for (const task of tasks) task()
  }
}
