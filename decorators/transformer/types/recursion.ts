/** Gives names to types that come back to themselves, and refuses those that never end. */
import type { Shape } from '../../../lib/schema/shape.ts'
import { isOptional, type Resolved, weigh } from './shapes.ts'

/** So often may one declaration contain itself with other type arguments; one that grows at each turn has no end. */
const deepest = 20

/** Arguments of more parts than this are not compared. */
const heaviest = 5000

/** A declaration that is being read, and the one within which it is. */
interface Frame {
  readonly key: string
  readonly node: object
  readonly outer: Frame | undefined
  name: string | undefined
}

export class Recursion {
  /** The recursive types that were met, by name. */
  readonly types: Record<string, Shape> = {}
  readonly #closed: Map<object, Resolved>
  #running: Frame | undefined
  readonly #names = new Map<string, string>()
  readonly #taken = new Set<string>()
  readonly #numbers = new Map<object, number>()
  #strangers = 0
  /** How often a type was given by its name: what is read meanwhile without any has no recursion in it. */
  #uses = 0

  /** @param closed the types without recursion and type parameters that were read in this transform, by declaration: the files that they are from are open. */
  constructor(closed: Map<object, Resolved>) {
    this.#closed = closed
  }

  /**
   * Runs `make` for a declaration; where it comes back to itself, the type gets a name.
   * @param args undefined for those that cannot be sent: no two of them are known to be one.
   */
  named(
    name: string,
    node: object,
    args: readonly (Resolved | undefined)[],
    make: () => Resolved,
    refuse: (what: string, hint: string) => never,
  ): Resolved {
    const closed = args.length === 0 ? this.#closed.get(node) : undefined
    if (closed) return closed
    if (!this.#numbers.has(node)) this.#numbers.set(node, this.#numbers.size)
    const key = `${this.#numbers.get(node)} ${args.map(arg => this.#keyOf(arg)).join()}`
    const known = this.#names.get(key)
    if (known !== undefined) return this.#use(known)
    let turns = 0
    for (let frame = this.#running; frame; frame = frame.outer) {
      if (frame.key === key) {
        frame.name ??= this.#freshName(name)
        return this.#use(frame.name)
      }
      if (frame.node === node) turns++
    }
    if (turns >= deepest)
      refuse(`${name} nests without end`, 'Write a type that comes back to itself, not one that grows at each turn.')
    const frame: Frame = { key, node, outer: this.#running, name: undefined }
    const before = this.#names.size
    const uses = this.#uses
    let type: Resolved
    try {
      type = this.#during(frame, make)
    } catch (error) {
      // What got a name meanwhile may name this one, and somebody may go on without it.
      for (const late of [...this.#names.keys()].slice(before)) this.#names.delete(late)
      throw error
    }
    if (frame.name === undefined) {
      if (args.length === 0 && this.#uses === uses) this.#closed.set(node, type)
      return type
    }
    if (isHollow(type, frame.name))
      refuse(`${name} is nothing but itself`, 'Put the recursion inside an array or under a key.')
    this.types[frame.name] = type as Shape
    this.#names.set(key, frame.name)
    return this.#use(frame.name)
  }

  #use(name: string): Resolved {
    this.#uses++
    return ['type', name]
  }

  /** A way to read later as if from here: a type argument belongs to where it is written, not to where it is used. */
  fromHere(): <T>(read: () => T) => T {
    const here = this.#running
    return read => this.#during(here, read)
  }

  #during<T>(frame: Frame | undefined, read: () => T): T {
    const before = this.#running
    this.#running = frame
    try {
      return read()
    } finally {
      this.#running = before
    }
  }

  #keyOf(arg: Resolved | undefined): string {
    return arg === undefined || weigh(arg, heaviest) > heaviest ? `? ${this.#strangers++}` : JSON.stringify(arg)
  }

  #freshName(name: string): string {
    let fresh = name
    for (let count = 2; this.#taken.has(fresh); count++) fresh = `${name}_${count}`
    this.#taken.add(fresh)
    return fresh
  }
}

/** Whether a recursive type comes back to itself with nothing between. */
function isHollow(type: Resolved, name: string): boolean {
  if (typeof type === 'string') return false
  if (type[0] === 'type') return type[1] === name
  if (isOptional(type)) return isHollow(type[1], name)
  return type[0] === 'union' && (type[1] as readonly Shape[]).some(part => isHollow(part, name))
}
