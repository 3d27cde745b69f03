/** Gives names to types that come back to themselves, and refuses those that never end. */
import type { Shape } from '../../../lib/schema/shape.ts'
import type { DeclarationNode } from '../source/scope.ts'
import { isOptional, type Resolved } from './shapes.ts'

/** So often may one declaration contain itself with other type arguments; one that grows at each turn has no end. */
const deepest = 20

export class Recursion {
  /** The recursive types that were met, by name. */
  readonly types: Record<string, Shape> = {}
  readonly #running = new Map<string, { name: string | undefined }>()
  readonly #names = new Map<string, string>()
  readonly #numbers = new Map<DeclarationNode, number>()

  /** Runs `make` for a declaration; where it comes back to itself, the type gets a name. */
  named(
    name: string,
    node: DeclarationNode,
    args: readonly Resolved[],
    make: () => Resolved,
    refuse: (what: string, hint: string) => never,
  ): Resolved {
    if (!this.#numbers.has(node)) this.#numbers.set(node, this.#numbers.size)
    const prefix = `${this.#numbers.get(node)} `
    const key = prefix + JSON.stringify(args)
    const known = this.#names.get(key)
    if (known !== undefined) return ['type', known]
    const running = this.#running.get(key)
    if (running) {
      running.name ??= this.#freshName(name, args)
      return ['type', running.name]
    }
    if ([...this.#running.keys()].filter(other => other.startsWith(prefix)).length >= deepest)
      refuse(`${name} nests without end`, 'Write a type that comes back to itself, not one that grows at each turn.')
    const entry: { name: string | undefined } = { name: undefined }
    this.#running.set(key, entry)
    let type: Resolved
    try {
      type = make()
    } finally {
      this.#running.delete(key)
    }
    if (entry.name === undefined) return type
    if (isHollow(type, entry.name))
      refuse(`${name} is nothing but itself`, 'Put the recursion inside an array or under a key.')
    this.types[entry.name] = type as Shape
    this.#names.set(key, entry.name)
    return ['type', entry.name]
  }

  #freshName(name: string, args: readonly Resolved[]): string {
    const base =
      args.length === 0
        ? name
        : `${name}<${args.map(arg => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(',')}>`
    const taken = new Set([...this.#names.values(), ...[...this.#running.values()].map(({ name }) => name)])
    let fresh = base
    for (let count = 2; taken.has(fresh); count++) fresh = `${base}_${count}`
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
