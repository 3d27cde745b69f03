/** The server's messages as a client hears of them: which of its own each one is, and what differs. */
import type { Reader } from '../base/bytes.ts'
import { MalformedError } from '../base/errors.ts'
import { FIRST_ID, isName, LAST_ID, longestName } from './definition.ts'
import type { MessageRegistry, Registered } from './registry.ts'

interface Named {
  readonly id: number
  readonly name: string
  readonly hash: string
}

/** In words, for whoever reads the error. */
export type Mismatch = string

export class Names {
  readonly #registry: MessageRegistry
  readonly #byId = new Map<number, Registered>()
  readonly #ids = new Map<Registered, number>()
  readonly #differ: string[] = []
  readonly #missing: string[] = []

  /** @param autosync the server's ids stand; else they have to be one's own. */
  private constructor(registry: MessageRegistry, theirs: readonly Named[], autosync: boolean) {
    this.#registry = registry
    for (const { id, name, hash } of theirs) {
      const entry = registry.find(name)
      if (!entry) this.#missing.push(`this client has no message ${name}`)
      else if (entry.type.hash !== hash) this.#differ.push(`${name} has other fields at the server`)
      else if (!autosync && entry.id !== id)
        this.#differ.push(`${name} has the id ${entry.id} here and ${id} at the server`)
      else {
        this.#byId.set(id, entry)
        this.#ids.set(entry, id)
      }
    }
    const names = new Set(theirs.map(({ name }) => name))
    for (const { name } of registry) if (!names.has(name)) this.#missing.push(`the server has no message ${name}`)
  }

  static read(r: Reader, registry: MessageRegistry, autosync: boolean): Names {
    const theirs: Named[] = []
    const names = new Set<string>()
    const ids = new Set<number>()
    const count = r.varint()
    if (count > LAST_ID + 1 - FIRST_ID) throw new MalformedError(`${count} messages are more than there are ids`)
    for (let left = count; left > 0; left--) {
      const named = { id: r.varint(), name: r.text(longestName), hash: r.text(16) }
      const { id, name } = named
      if (id < FIRST_ID || id > LAST_ID || ids.has(id) || names.has(name) || !isName(name))
        throw new MalformedError(`the messages of the server cannot be: ${JSON.stringify(name)} with the id ${id}`)
      names.add(name)
      ids.add(id)
      theirs.push(named)
    }
    r.finish()
    return new Names(registry, theirs, autosync)
  }

  entryOf(id: number): Registered | undefined {
    return this.#byId.get(id)
  }

  /** The id on the wire; undefined for what the server does not know. */
  idOf({ name }: Registered): number | undefined {
    const entry = this.#registry.find(name)
    return entry && this.#ids.get(entry)
  }

  /** What stands in the way; null where nothing does. */
  mismatch(missing: 'close' | 'ignore'): Mismatch | null {
    const faults = missing === 'close' ? [...this.#differ, ...this.#missing] : this.#differ
    if (faults.length === 0) return null
    const more = faults.length > 5 ? `; and ${faults.length - 5} more` : ''
    return `The messages of the two sides differ: ${faults.slice(0, 5).join('; ')}${more}.`
  }
}
