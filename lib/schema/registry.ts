/** The table of class ids. One is shared by all classes of a process unless a class names another. Rule 19 of docs/guarantees.md. */
import { SchemaError } from '../base/errors.ts'
import type { Struct, Structs } from './codec/contract.ts'
import type { AnyClass } from './declaration.ts'

export class Registry implements Structs {
  /** The table that `@networkClass(id)` uses by itself. */
  static readonly shared: Registry = new Registry()

  readonly #classes = new Map<number, { readonly target: AnyClass; readonly name: string }>()
  readonly #structs = new Map<string, Struct>()
  readonly #structNames = new WeakMap<object, string>()
  #frozenBy: string | undefined

  /** @throws SchemaError for an id outside 1 to 65,535, one in use, or a registry that is in use already. */
  add(id: number, target: AnyClass, name: string): void {
    if (!Number.isInteger(id) || id < 1 || id > 65535)
      throw new SchemaError(`@networkClass(${String(id)}) on ${name}: a class id is a whole number from 1 to 65535.`)
    const holder = this.#classes.get(id)
    if (holder)
      throw new SchemaError(
        `The class id ${id} is used twice, by ${holder.name} and by ${name}. Give one of them another id; ids are part of the protocol, so keep the older one's.`,
      )
    if (this.#frozenBy)
      throw new SchemaError(
        `${name} (id ${id}) was loaded after ${this.#frozenBy}. Import every network class before that, or give later ones a table of their own: @networkClass(${id}, { registry: new Registry() }).`,
      )
    this.#classes.set(id, { target, name })
  }

  /** Registers a struct under a name, so that its instances arrive as instances. */
  addStruct(name: string, struct: Struct): void {
    if (this.#structs.has(name)) throw new SchemaError(`The struct name ${name} is used twice. Name one of them: @struct('Other${name}').`)
    this.#structs.set(name, struct)
    this.#structNames.set(struct.target, name)
  }

  /** Looks in the shared table too: a class with a table of its own may carry anybody's structs. */
  structNamed(name: string): Struct | undefined {
    return this.#structs.get(name) ?? (this === Registry.shared ? undefined : Registry.shared.structNamed(name))
  }

  /** The name under which the class of a value is registered. */
  structName(value: object): string | undefined {
    const { constructor } = value
    if (typeof constructor !== 'function') return undefined
    return this.#structNames.get(constructor) ?? (this === Registry.shared ? undefined : Registry.shared.structName(value))
  }

  /** Called at the first start or connect; classes cannot join afterwards. */
  freeze(by: string): void {
    this.#frozenBy ??= by
  }
}
