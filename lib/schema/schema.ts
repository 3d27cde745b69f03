/** All classes of one server or client, ready for use: one number per field, one hash for the whole. Law 5: the schema is the contract. */
import { SchemaError, UsageError } from '../base/errors.ts'
import { hash64 } from '../base/hash.ts'
import { type AnyClass, declaringClass, lineage, ownDeclaration } from './declaration.ts'
import { type Field, NetworkClass, type NetworkObjectClass } from './network-class.ts'
import { NetworkObject } from './network-object.ts'
import { type ClassOutline, fieldOutline, hashedText } from './outline.ts'
import { loadCodecs } from './rare/load.ts'

export class Schema {
  /** By class id. */
  declare readonly classes: ReadonlyMap<number, NetworkClass>
  /** By field key: classes by id, each one's fields by id. */
  declare readonly fields: readonly Field[]
  declare readonly outline: readonly ClassOutline[]
  /** 16 hex digits; equal on both sides or there is no connection. */
  declare readonly hash: string
  readonly #text: string
  readonly #byConstructor = new Map<AnyClass, NetworkClass>()
  readonly #targets = new Map<string | number, AnyClass>([['NetworkObject', NetworkObject]])

  /** @throws SchemaError or UsageError for classes that cannot stand together. */
  constructor(constructors: readonly NetworkObjectClass[]) {
    const types = constructors.map(construct => new NetworkClass(construct)).sort((a, b) => a.id - b.id)
    const classes = new Map<number, NetworkClass>()
    for (const type of types) {
      const { id, construct } = type
      const twin = classes.get(id)
      if (twin)
        throw new UsageError(
          `classes holds ${twin.construct.name} and ${construct.name}, both of class id ${id}. A client's second one goes into \`owned\`.`,
        )
      classes.set(id, type)
      this.#byConstructor.set(construct, type).set(declaringClass(construct), type)
      let bases: readonly string[] = []
      let depth = 0
      for (const level of lineage(construct)) {
        const declared = ownDeclaration(level)
        // Minifiers rename classes: the names in the source count.
        this.#targets.set(declared?.name ?? bases[depth++] ?? level.name, level)
        if (!declared) continue
        this.#targets.set(declared.id, level)
        bases = declared.bases ?? []
        depth = 0
      }
    }
    this.classes = classes
    this.fields = types.flatMap(type => type.fields)
    this.fields.forEach((field, key) => {
      field.key = key
    })
    this.outline = types.map(type => ({
      id: type.id,
      name: type.name,
      fields: type.fields.map(field => fieldOutline(field, part => this.#resolve(part, field))),
    }))
    this.#text = hashedText(this.outline)
    this.hash = hash64(this.#text)
  }

  /** Compiles the codecs and freezes the registries that the classes stand in. To be awaited once before use. */
  async ready(by: string): Promise<void> {
    await loadCodecs(this.#text)
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
    if (!Array.isArray(part))
      return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, resolve(inner)]))
    if (part[0] === 'enum') return part
    if (part[0] !== 'ref') return part.map(resolve)
    const level = this.#targets.get(part[1])
    if (!level) throw new SchemaError(`${field.path} refers to ${part[1]}, which is none of this side's \`classes\`.`)
    return ['ref', ownDeclaration(level)?.id ?? (level === NetworkObject ? 0 : part[1])]
  }
}
