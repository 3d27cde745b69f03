/** Zones that are being opened: nothing of them shows before all has arrived, so that objects that refer to each other find each other. Loaded late, with beside.ts. */

type Task = () => void

export class Opening {
  /** Zones that are not whole yet. */
  left = 0
  /** Coming into view, fields, greetings, what came between; and the same again of what came after its like had gone. */
  readonly #stages: Task[][] = []
  readonly #gone = new Set<number>()

  constructor() {
    this.#cut()
  }

  /** An object has arrived, or a zone is whole: each step is taken when all have taken the one before. @param what an object's id, or a zone as -1 - id. */
  enter(what: number, appear: Task, fields: Task, greeting: Task): void {
    if (this.#gone.has(what)) this.#cut()
    this.#stages.at(-4)!.push(appear)
    this.#stages.at(-3)!.push(fields)
    this.#stages.at(-2)!.push(greeting)
  }

  /** What is to come to an end in its turn must not be overtaken when it comes anew. */
  leave(what: number): void {
    this.#gone.add(what)
  }

  later(task: Task): void {
    this.#stages.at(-1)!.push(task)
  }

  complete(): void {
    for (const stage of this.#stages) for (const task of stage) task()
  }

  #cut(): void {
    this.#gone.clear()
    this.#stages.push([], [], [], [])
  }
}
