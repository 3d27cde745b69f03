/** What the decorators record of a class, before any server or client uses it. Decorators record, and change no behaviour of the class. */
import { SchemaError } from '../base/errors.ts'
import { createStore, type MetadataStore } from './metadata.ts'
import type { Rate } from './rate.ts'
import type { Registry } from './registry.ts'
import type { FieldSchema } from './shape.ts'

/** The second argument of `@field(flags, { ... })`. */
export interface FieldOptions {
  /** Pins the field's id (0 to 65,535), so that renaming it does not renumber the others. */
  readonly id?: number
  /**
   * The arguments that stand in snapshots until the first call. The server's own object is not touched by it: give its property the same
   * initial value. Rule 15 of docs/guarantees.md.
   */
  readonly default?: readonly unknown[]
  /** The name under which stores hold its value from before it was renamed. */
  readonly was?: string
  /** A request is answered when what it changed is durable. Needs a method that returns a Promise, and Database fields to change. */
  readonly durable?: boolean
  /** What a violation of this field costs its sender; the server's policy where absent. */
  readonly violations?: 'close' | 'ignore'
  /**
   * How often each client may call it: `'10/s'`, `'100/min'`, `'5/h'`; twice that at once, or as `{ calls: 10, per: 's', burst: 30 }` says. One call more is a violation, `rate`.
   * Default: the server's `limits.callsPerSecond` alone.
   */
  readonly rate?: Rate
}

/** The second argument of `@networkClass(id, { ... })`. */
export interface ClassOptions {
  /** Clients may create such objects. Default false. */
  readonly clientCreate?: boolean
  /** The owner may delete the object. Default false. */
  readonly clientDelete?: boolean
  /** What becomes of an object when its owner disconnects. Default `release`: it stays without an owner. */
  readonly onOwnerGone?: 'release' | 'delete' | 'keep'
  /** Database fields by whose value stored objects can be found: `['name']` stands for the field `name` or `setName`. */
  readonly index?: readonly string[]
  /** Counts changes of what the Database fields mean; the static method `migrate(stored, version)` brings older ones up to date. A whole number. Default 1. */
  readonly version?: number
  /** The table of ids that the class joins. Default: the one that all classes of the process share. */
  readonly registry?: Registry
}

export interface FieldDeclaration {
  readonly name: string
  readonly flags: number
  readonly options: FieldOptions
  /** Null until the types are known: from the transformer, or given by hand. */
  readonly schema: FieldSchema | null
}

export interface ClassDeclaration {
  readonly id: number
  readonly name: string
  readonly options: ClassOptions
  readonly registry: Registry
  /** The names of undecorated bases in the source, nearest first, where the transformer has read them. */
  readonly bases?: readonly string[] | undefined
}

export type AnyClass = abstract new (...args: never[]) => object

const classStore: MetadataStore<ClassDeclaration> = createStore('fieldcast:class')
const fieldStore: MetadataStore<Map<string, FieldDeclaration>> = createStore('fieldcast:fields')

/** Records that `target` bears `@networkClass`. */
export function declareClass(target: AnyClass, declaration: ClassDeclaration): void {
  classStore.set(target, declaration)
}

/** The declaration that this very class bears. */
export function ownDeclaration(target: AnyClass): ClassDeclaration | undefined {
  return classStore.get(target)
}

/**
 * Records a field. `holder` is the class's prototype or, in the standard decorator dialect, its metadata object:
 * a method's decorator there never sees the class.
 */
export function declareField(holder: object, declaration: FieldDeclaration): void {
  let declared = fieldStore.get(holder)
  if (!declared) fieldStore.set(holder, (declared = new Map()))
  declared.set(declaration.name, declaration)
}

/** Moves what the standard dialect's method decorators left on a class's metadata to the class: its own link to the metadata comes later. */
export function adoptFields(target: AnyClass, metadata: object): void {
  for (const declaration of fieldStore.get(metadata)?.values() ?? []) declareField(target.prototype, declaration)
}

/** The fields that this very class declares, by name. */
export function ownFields(target: AnyClass): ReadonlyMap<string, FieldDeclaration> {
  const metadata = Object.getOwnPropertyDescriptor(target, Symbol.metadata)?.value as object | undefined
  return new Map([...((metadata && fieldStore.get(metadata)) ?? []), ...(fieldStore.get(target.prototype) ?? [])])
}

/** The nearest class at or above `target` that bears `@networkClass`. */
export function declaringClass(target: AnyClass): AnyClass {
  for (const level of lineage(target)) if (classStore.get(level)) return level
  throw new SchemaError(
    `${target.name || 'This class'} is no network class: neither it nor what it extends bears @networkClass(id).`,
  )
}

/** The class and all that it extends, nearest first. */
export function lineage(target: AnyClass): AnyClass[] {
  const levels: AnyClass[] = []
  for (
    let level: unknown = target;
    typeof level === 'function' && level !== Function.prototype;
    level = Object.getPrototypeOf(level)
  )
    levels.push(level as AnyClass)
  return levels
}
