/** The table of class ids. One is shared by all classes of a process unless a class names another. Rule 19 of docs/guarantees.md. */
import { SchemaError } from '../base/errors.ts'
import type { Struct, Structs } from './codec/contract.ts'

export class Registry implements Structs {
  /** The table that `@networkClass(id)` uses by itself. */
  static readonly shared: Registry = new Registry()

  /** For `@struct`, by name. */
  readonly structs: Map<string, Struct> = new Map()
  readonly #names = new Map<number, string>()
  #frozenBy: string | undefined

  /** @throws SchemaError for an id outside 1 to 65,535, one in use, or a registry that is in use already. */
  add(id: number, name: string): void {
    if (!id || (id & 0xffff) !== id)
      throw new SchemaError(`@networkClass(${id}) on ${name}: a class id is a whole number from 1 to 65535.`)
    const holder = this.#names.get(id)
    if (holder)
      throw new SchemaError(
        `The class id ${id} is used twice, by ${holder} and by ${name}. Give the newer one another, or load its file once.`,
      )
    if (this.#frozenBy)
      throw new SchemaError(
        `${name} was loaded after ${this.#frozenBy}. Import it before, or give it a table of its own: @networkClass(${id}, { registry: new Registry() }).`,
      )
    this.#names.set(id, name)
  }

  /** Those of the shared table too: a class with a table of its own may carry anybody's structs. */
  structTables(): readonly ReadonlyMap<string, Struct>[] {
    return [this.structs, Registry.shared.structs]
  }

  /** Called at the first start or connect; classes cannot join afterwards. */
  freeze(by: string): void {
    this.#frozenBy ??= by
  }
}
