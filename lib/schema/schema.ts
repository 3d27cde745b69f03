/** All classes of one server or client, ready for use: one number per field, one hash for the whole. Law 5: the schema is the contract. */
import { SchemaError, UsageError } from '../base/errors.ts'
import { hash64 } from '../base/hash.ts'
import { type AnyClass, declaringClass, lineage, ownDeclaration } from './declaration.ts'
import { type Field, NetworkClass, type NetworkObjectClass } from './network-class.ts'
import { NetworkObject } from './network-object.ts'
import { type ClassOutline, fieldOutline, hashedText } from './outline.ts'
import { loadUnknownCodec } from './unknown.ts'

export class Schema {
  /** By class id. */
  readonly classes: ReadonlyMap<number, NetworkClass>
  /** By field key: classes by id, each one's fields by id. */
  readonly fields: readonly Field[]
  readonly outline: readonly ClassOutline[]
  /** 16 hex digits; equal on both sides or there is no connection. */
  readonly hash: string
  /** Rather true too often than too seldom. */
  readonly #hasUnknown: boolean
  readonly #byConstructor = new Map<AnyClass, NetworkClass>()
  readonly #targets = new Map<string | number, AnyClass>()

  /** @throws SchemaError or UsageError for classes that cannot stand together. */
  constructor(constructors: readonly NetworkObjectClass[]) {
    const classes = new Map<number, NetworkClass>()
    for (const construct of constructors) {
      const type = new NetworkClass(construct)
      const twin = classes.get(type.id)
      if (twin)
        throw new UsageError(
          `classes holds ${twin.construct.name} and ${construct.name}, both of class id ${type.id}. Pass one; on a client a second one for objects of its own goes into \`owned\`.`,
        )
      classes.set(type.id, type)
    }
    this.classes = new Map([...classes].sort(([a], [b]) => a - b))
    for (const type of this.classes.values()) {
      for (const level of lineage(type.construct)) {
        this.#targets.set(ownDeclaration(level)?.name ?? level.name, level)
        const id = ownDeclaration(level)?.id
        if (id !== undefined) this.#targets.set(id, level)
        if (level === declaringClass(type.construct)) this.#byConstructor.set(level, type)
      }
      this.#byConstructor.set(type.construct, type)
    }
    this.fields = [...this.classes.values()].flatMap(type => type.fields)
    this.fields.forEach((field, key) => {
      field.key = key
    })
    this.outline = [...this.classes.values()].map(type => ({
      id: type.id,
      name: type.name,
      fields: type.fields.map(field => fieldOutline(field, part => this.#resolve(part, field))),
    }))
    const text = hashedText(this.outline)
    this.hash = hash64(text)
    this.#hasUnknown = text.includes('"unknown"')
  }

  /** Compiles the codecs and freezes the registries that the classes stand in. To be awaited once before use. */
  async ready(by: string): Promise<void> {
    if (this.#hasUnknown) await loadUnknownCodec()
    for (const type of this.classes.values()) {
      type.compile()
      type.declaration.registry.freeze(by)
    }
  }

  /** The class that a constructor stands for: the shared class and the side's own subclass name the same. */
  classOf(construct: AnyClass): NetworkClass | undefined {
    return this.#byConstructor.get(construct)
  }

  /** The constructor that a reference's target names; undefined for any network object. */
  target(target: string | number): AnyClass | undefined {
    return this.#targets.get(target)
  }

  /** References name classes; the contract names their ids. */
  #resolve(part: unknown, field: Field): unknown {
    if (typeof part !== 'object' || part === null) return part
    const resolve = (inner: unknown): unknown => this.#resolve(inner, field)
    if (!Array.isArray(part)) return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, resolve(inner)]))
    if (part[0] === 'enum') return part
    if (part[0] !== 'ref') return part.map(resolve)
    const level = this.#targets.get(part[1])
    if (!level)
      throw new SchemaError(`${field.path} refers to ${part[1]}, which is not among the classes of this side. Add it to \`classes\`.`)
    return ['ref', ownDeclaration(level)?.id ?? (level === NetworkObject ? 0 : level.name)]
  }
}
