/** A game that a spec plays with for longer than a round: its reports are kept in order, and judged. */
import type { StoredObject } from 'fieldcast/server'
import type { Child, Program } from './child.ts'
import type { Flaw } from './flaws.ts'
import { indexComplaints, Model } from './model.ts'
import type { Order, Report } from './reports.ts'

/** What a game says from its start to the word that it has loaded. */
export class Opening {
  readonly found: StoredObject[] = []
  readonly indexes: [string, string | number, readonly string[]][] = []

  hear(report: Report): void {
    if (report[0] === 'found') this.found.push(report[1])
    else if (report[0] === 'index') this.indexes.push([report[1], report[2], report[3]])
  }

  /** What is wrong with it, for a world of which `model` has heard. */
  complaints(model: Model): string[] {
    return [...model.complaints(this.found), ...indexComplaints(this.found, this.indexes)]
  }
}

export class Session {
  readonly child: Child
  readonly opening: Opening = new Opening()
  /** What is acknowledged; from what it has found on. */
  readonly model: Model = new Model()
  /** What must not be, by the game's own word. */
  readonly wrong: string[] = []
  /** The states of its store, as its server told them. */
  readonly states: string[] = []
  /** How it ended: `stopped`, or `unsaved` or `refused` with the kind of the error. */
  end: readonly string[] = []
  /** Rejects where the game does not start. */
  readonly loaded: Promise<unknown>

  constructor(child: Child, order: Partial<Order> & { readonly store: string }) {
    this.child = child
    child.on(report => this.#hear(report))
    this.loaded = child.next('loaded')
    // It may be killed before.
    this.loaded.catch(() => {})
    child.order({ seed: 1, gapMs: 5, plays: true, flaw: null, ...order })
  }

  #hear(report: Report): void {
    const [kind, ...rest] = report
    if (kind === 'wrong') this.wrong.push(report[1])
    else if (kind === 'store') this.states.push(report[1])
    else if (kind === 'unsaved' || kind === 'refused' || kind === 'stopped') this.end = [kind, ...(rest as string[])]
    this.opening.hear(report)
    if (kind === 'loaded') this.model.adopt(this.opening.found)
    else this.model.hear(report)
  }

  /** Resolves when all is heard that it has said so far. */
  async mark(): Promise<void> {
    const mark = this.child.next('mark')
    this.child.tell('mark')
    await mark
  }

  /** Resolves when it has begun so many more changes. */
  async changes(count: number): Promise<void> {
    await this.child.next('do', () => --count <= 0)
  }

  /** In order, with everything saved. @throws where it is not. */
  async stop(): Promise<void> {
    this.child.tell('stop')
    await this.child.ended
    if (this.end[0] !== 'stopped') throw new Error(`The game ended as ${this.end.join(' ') || this.child.complaint}`)
  }
}

/** A game that begins on a store. */
export function begin(program: Program, store: string, order: Partial<Order & { flaw: Flaw }> = {}): Session {
  return new Session(program.start(store), { store, ...order })
}

/** Lets so much time go by: for what has to happen at some random moment, never for what is waited for. */
export const pass = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

export function withParameter(url: string, name: string, value: string): string {
  const changed = new URL(url)
  changed.searchParams.set(name, value)
  return changed.href
}
