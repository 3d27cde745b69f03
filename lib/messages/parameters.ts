/** Shared parameters: values that both ends of a connection see, set by either. What a game declares of them. Rule 35 of docs/guarantees.md. */
import { ArgumentError, SchemaError, UsageError } from '../base/errors.ts'
import type { WireType } from '../schema/wire.ts'
import { Compiled, loadMessageCodecs } from './compiled.ts'
import { defineMessage } from './define.ts'
import type { MessageType } from './definition.ts'
import { MessageRegistry } from './registry.ts'

/** Who set a value. */
export type Setter = 'server' | 'client'

export interface ParameterOptions<T> {
  readonly type: WireType<T>
  /** Its value until it is set. Default: none, it is undefined. */
  readonly default?: NoInfer<T>
  /** The server alone sets it. A client that does has broken a rule, `no-permission`. @default false */
  readonly reserved?: boolean
  /**
   * Whether a value will do: true, or why not. It runs where the value is set, which throws, and again at the server for what clients set, which is a violation, `bad-arguments`. So let it look at
   * the value alone.
   */
  readonly validate?: (value: T, by: Setter) => boolean | string
}

/** Of each parameter its options, by name. `V` has their values. */
export type ParameterPlan<V> = { readonly [N in keyof V]: ParameterOptions<V[N]> }

/** One parameter, as a key that knows the type of its value: `plan.parameters.nick`. */
export class Parameter<T = any> {
  /** For the compiler alone. */
  declare readonly phantom?: T
  readonly name: string
  readonly default: T | undefined
  readonly reserved: boolean
  /** What travels of it: an object with its value. */
  readonly type: MessageType<{ value: T }>
  readonly #validate: ((value: T, by: Setter) => boolean | string) | undefined

  constructor(name: string, { type, default: value, reserved = false, validate }: ParameterOptions<T>) {
    this.name = name
    this.type = defineMessage(name, { value: type as WireType }) as unknown as MessageType<{ value: T }>
    this.default = value
    this.reserved = reserved
    this.#validate = validate
  }

  /** Why a value will not do; null where it does. @throws what the game's validator throws; UsageError where that gives something else than an answer. */
  refusal(value: T, by: Setter): string | null {
    const verdict = this.#validate?.(value, by) ?? true
    if (verdict === true) return null
    if (verdict === false) return 'it is not valid'
    if (typeof verdict === 'string') return verdict
    throw new UsageError(`The validator of the parameter ${this.name} gives true, false or why not, and no promise.`)
  }
}

/** A parameter by itself, which knows its type, or by its name. */
export type ParameterKey<T = any> = Parameter<T> | string

/** The parameters of one connection. Both sides end with the same values: where both set one at once, with what the server heard or said last. */
export interface SharedParameters {
  /** Undefined for one that was never set and has no default. @throws UsageError for what is not declared, as the others do. */
  get<T>(key: Parameter<T>): T | undefined
  get(key: string): unknown
  /**
   * Sets a value here at once, and tells the other side.
   * @throws ArgumentError for a value that does not fit or that the validator refuses; UsageError for one that is the server's, and where the other side cannot be told. Then nothing has changed.
   */
  set<T>(key: Parameter<T>, value: NoInfer<T>): void
  set(key: string, value: unknown): void
  /** Calls `listener` with each new value, whoever set it, until the returned function is called. */
  on<T>(key: Parameter<T>, listener: (value: T | undefined, by: Setter) => void): () => void
  on(key: string, listener: (value: unknown, by: Setter) => void): () => void
}

/** All parameters of one plan. */
export class Declared {
  readonly #byName = new Map<string, Parameter>()
  /** For their codecs: each under its name. */
  readonly registry: MessageRegistry

  /** @throws SchemaError for a name, type or default that will not do. */
  constructor(plan: Record<string, ParameterOptions<any>>) {
    if (Object.getPrototypeOf(plan) !== Object.prototype && Object.getPrototypeOf(plan) !== null)
      throw new SchemaError('messages({ parameters }) is a plain object: { nick: { type: str(16) } }.')
    for (const [name, options] of Object.entries(plan)) this.#byName.set(name, new Parameter(name, options))
    this.registry = new MessageRegistry([...this.#byName.values()].map(({ type }) => type))
  }

  get all(): Iterable<Parameter> {
    return this.#byName.values()
  }

  get size(): number {
    return this.#byName.size
  }

  find(name: string): Parameter | undefined {
    return this.#byName.get(name)
  }

  /** @throws UsageError for what is not declared. */
  get(key: ParameterKey): Parameter {
    const name = key instanceof Parameter ? key.name : key
    const parameter = this.#byName.get(name)
    if (parameter && (typeof key === 'string' || parameter === key)) return parameter
    throw new UsageError(
      `There is no parameter ${String(name).slice(0, 100)}. Declare it: messages([...], { parameters: { nick: { type: str(16) } } }).`,
    )
  }

  /** To be awaited before values are encoded. Rejects with SchemaError for a default that does not fit. */
  async ready(): Promise<void> {
    await loadMessageCodecs(this.registry)
    for (const { name, type, default: value } of this.all) {
      if (value === undefined) continue
      try {
        new Compiled(type).encode({ value })
      } catch (error) {
        throw new SchemaError(`The default of the parameter ${name} does not fit: ${(error as Error).message}`, {
          cause: error,
        })
      }
    }
  }

  /** By name, for whoever wants the keys that know their types. */
  get keys(): Record<string, Parameter> {
    return Object.assign(Object.create(null), Object.fromEntries(this.#byName)) as Record<string, Parameter>
  }
}

/** @throws ArgumentError that says why. */
export function refuse({ name }: Parameter, why: string): never {
  throw new ArgumentError(`The parameter ${name} was not set: ${why}.`)
}
