/** The values of shared parameters at one end of one connection: what stands, who set it, who listens. */
import { Reader } from '../base/bytes.ts'
import { guard } from '../base/thenable.ts'
import { added } from './added.ts'
import type { Compiled } from './compiled.ts'
import type { MessageType } from './definition.ts'
import {
  type Declared,
  type Parameter,
  type ParameterKey,
  refuse,
  type Setter,
  type SharedParameters,
} from './parameters.ts'

type Listener = (value: any, by: Setter) => void

/** One parameter with what stands. */
export interface Slot {
  readonly parameter: Parameter
  value: unknown
  /** The value as it travels; null where nobody has set it. */
  bytes: Uint8Array | null
  by: Setter
  /** Number of the client's last word on it: at the client sent, at the server heard. */
  number: number
  readonly listeners: Set<Listener>
}

/** What one side has in common for all its connections. */
export interface ValuesHost {
  readonly declared: Declared
  compiled(type: MessageType): Compiled
  failed(error: unknown, where: string): void
}

export abstract class Values implements SharedParameters {
  readonly #host: ValuesHost
  readonly #slots = new Map<string, Slot>()

  constructor(host: ValuesHost) {
    this.#host = host
    for (const parameter of host.declared.all)
      this.#slots.set(parameter.name, {
        parameter,
        value: parameter.default,
        bytes: null,
        by: 'server',
        number: 0,
        listeners: new Set(),
      })
  }

  get slots(): Iterable<Slot> {
    return this.#slots.values()
  }

  get(key: ParameterKey): any {
    return this.slot(key).value
  }

  on(key: ParameterKey, listener: Listener): () => void {
    return added(this.slot(key).listeners, listener)
  }

  abstract set(key: ParameterKey, value: unknown): void

  protected slot(key: ParameterKey): Slot {
    return this.#slots.get(this.#host.declared.get(key).name)!
  }

  protected find(name: string): Slot | undefined {
    return this.#slots.get(name)
  }

  /** A value as it travels. @throws ArgumentError for one that does not fit, or that the validator refuses. */
  protected encode({ parameter }: Slot, value: unknown, by: Setter): Uint8Array {
    const bytes = this.#host.compiled(parameter.type).encode({ value })
    const refusal = parameter.refusal(this.decode(parameter, bytes), by)
    return refusal === null ? bytes : refuse(parameter, refusal)
  }

  /** @throws MalformedError or Misfit. */
  protected decode({ type }: Parameter, bytes: Uint8Array): unknown {
    return (this.#host.compiled(type).decode(new Reader(bytes)) as { value: unknown }).value
  }

  /** Lets a value stand, as it arrives over the wire, at both ends alike. @param bytes null: nobody has set it. */
  protected put(slot: Slot, bytes: Uint8Array | null, by: Setter): void {
    const { parameter, listeners } = slot
    const value = bytes ? this.decode(parameter, bytes) : parameter.default
    const isNew = !equal(slot.bytes, bytes)
    Object.assign(slot, { value, bytes, by })
    if (!isNew) return
    for (const listener of [...listeners])
      guard(
        () => listener(value, by),
        error => this.failed(error, `a listener of the parameter ${parameter.name}`),
      )
  }

  protected failed(error: unknown, where: string): void {
    this.#host.failed(error, where)
  }
}

function equal(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (!a || !b) return a === b
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
