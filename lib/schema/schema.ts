/** All classes of one server or client, ready for use: one number per field, one hash for the whole. Law 5: the schema is the contract. */
import { SchemaError, UsageError } from '../base/errors.ts'
import { hash64 } from '../base/hash.ts'
import { normalizeShape, type ParameterForm, usesUnknown } from './canonical.ts'
import { loadUnknownCodec } from './unknown.ts'
import { type AnyClass, declaringClass, lineage, ownDeclaration } from './declaration.ts'
import { Flags } from './flags.ts'
import { type Field, NetworkClass, type NetworkObjectClass } from './network-class.ts'
import { NetworkObject } from './network-object.ts'
import { type ClassOutline, hashedText } from './outline.ts'
import type { Shape } from './shape.ts'

export class Schema {
  /** By class id. */
  readonly classes: ReadonlyMap<number, NetworkClass>
  /** By field key: classes by id, each one's fields by id. */
  readonly fields: readonly Field[]
  readonly outline: readonly ClassOutline[]
  /** 16 hex digits; equal on both sides or there is no connection. */
  readonly hash: string
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
      fields: type.fields.map(field => this.#fieldOutline(field)),
    }))
    this.hash = hash64(hashedText(this.outline))
  }

  /** Compiles the codecs and freezes the registries that the classes stand in. To be awaited once before use. */
  async ready(by: string): Promise<void> {
    if (this.fields.some(takesUnknown)) await loadUnknownCodec()
    for (const type of this.classes.values()) {
      const { registry } = type.declaration
      type.compile({
        types: {},
        structOf: name => registry.structNamed(name)?.target,
        structShape: name => registry.structNamed(name)?.shape,
        structName: value => registry.structName(value),
      })
      registry.freeze(by)
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

  /** Finds or refuses the source of every Required field. Rule 15; on the server only, where the getters are. */
  requireSources(): void {
    for (const field of this.fields) {
      if (!field.has(Flags.Required)) continue
      field.getter = getterOf(field)
      if (field.isKept || field.declaration.options.default || field.getter) continue
      throw new SchemaError(
        `${field.path} is Required, but nothing gives its value: keep it (Flags.RAM), give it a default (@field(flags, { default: [...] })), or write a method ${getterName(field.name)}().`,
      )
    }
  }

  #fieldOutline(field: Field): ClassOutline['fields'][number] {
    const { params, result, types = {} } = field.schema
    const normal = (shape: Shape): Shape => {
      const { shape: root, types: recursive } = normalizeShape(shape, types)
      const resolved = this.#resolveAny(root, field)
      // Recursive types are part of the contract: they stand beside the shape that names them.
      return (Object.keys(recursive).length > 0 ? ['where', resolved, this.#resolveAny(recursive, field)] : resolved) as Shape
    }
    const outline = {
      id: field.id,
      name: field.name,
      flags: field.flags,
      params: params.map(([, shape]) => (shape[0] === 'rest' ? ['rest', normal(shape[1] as Shape)] : normal(shape as Shape))),
    }
    return result === undefined ? outline : { ...outline, result: result === 'void' ? result : normal(result) }
  }

  /** References name classes; the contract names their ids. */
  #resolve(shape: Shape, field: Field): Shape {
    if (typeof shape === 'string') return shape
    if (shape[0] === 'enum') return shape
    if (shape[0] !== 'ref') return shape.map(part => this.#resolveAny(part, field)) as unknown as Shape
    const level = this.#targets.get(shape[1])
    if (!level)
      throw new SchemaError(`${field.path} refers to ${String(shape[1])}, which is not among the classes of this side. Add it to \`classes\`.`)
    return ['ref', ownDeclaration(level)?.id ?? (level === NetworkObject ? 0 : level.name)]
  }

  #resolveAny(part: unknown, field: Field): unknown {
    if (Array.isArray(part)) {
      return typeof part[0] === 'string' ? this.#resolve(part as unknown as Shape, field) : part.map(item => this.#resolveAny(item, field))
    }
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, this.#resolveAny(value, field)]))
  }
}

function takesUnknown({ schema: { params, result, types } }: Field): boolean {
  const shapes: ParameterForm[] = params.map(([, shape]) => shape)
  if (result !== undefined && result !== 'void') shapes.push(result)
  return shapes.some(shape => usesUnknown(shape, types))
}

function getterName(field: string): string {
  const bare = /^set[A-Z]/.test(field) ? field.slice(3) : field
  return `get${bare[0]!.toUpperCase()}${bare.slice(1)}`
}

function getterOf(field: Field): string | null {
  const name = getterName(field.name)
  return typeof (field.owner.construct.prototype as unknown as Record<string, unknown>)[name] === 'function' ? name : null
}