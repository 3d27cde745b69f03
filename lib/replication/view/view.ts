/** A client's sight of the world: the objects of its zones and those it owns. Law 4: it is exact. */
import { Reader } from '../../base/bytes.ts'
import { MalformedError } from '../../base/errors.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'
import { attachment, type NetworkObject } from '../../schema/network-object.ts'
import { checkClass, Misfit, type References } from '../../schema/references.ts'
import type { Schema } from '../../schema/schema.ts'
import type { ClientEvents } from './events.ts'
import { rare } from './load-rare.ts'
import type { ViewBody } from './view-body.ts'

export type Emit = <E extends keyof ClientEvents>(event: E, value: ClientEvents[E]) => void

export class View implements References {
  readonly bodies: Map<number, ViewBody> = new Map()
  /** How many of them are not to be seen yet, for zones are being opened. */
  hidden = 0
  /** The zones that are watched and complete. */
  readonly zones: Set<number> = new Set()
  declare readonly schema: Schema
  declare readonly emit: Emit
  clientId = 0

  constructor(schema: Schema, emit: Emit) {
    this.schema = schema
    this.emit = emit
  }

  // ---- calls

  /** Runs a handler. What it throws is told, and harms nobody. */
  invoke({ object }: ViewBody, field: Field, args: readonly unknown[]): void {
    this.#call(object, field.name, args, 'handler', field)
  }

  /** Runs a call of this client's own before the server has its say. @param frame the number of the frame that it leaves with. */
  predict(body: ViewBody, field: Field, bytes: Uint8Array, frame = 0): void {
    rare!.predict(Flags, body, field, bytes, frame)
    this.#invokeBytes(body, field, bytes)
  }

  /** Runs a call that was not predicted here; a predicted one that is still under way comes after it, and so runs again. */
  run(body: ViewBody, field: Field, args: readonly unknown[]): void {
    this.invoke(body, field, args)
    const newest = body.predictions?.newest(field)
    if (newest) this.#invokeBytes(body, field, newest)
  }

  /** Runs a call that says what stands, whoever's it was. */
  runStanding(body: ViewBody, field: Field, args: readonly unknown[]): void {
    body.predictions?.overtake(field)
    this.run(body, field, args)
  }

  #invokeBytes(body: ViewBody, field: Field, bytes: Uint8Array): void {
    this.invoke(body, field, this.readArguments(field, new Reader(bytes)))
  }

  /** Runs a hook, as `invoke` does a handler. */
  hook({ object }: ViewBody, name: 'onEnter' | 'onLeave' | 'onOwnerGained' | 'onOwnerLost'): void {
    this.#call(object, name, [], name)
  }

  #call(object: NetworkObject | null, name: string, args: readonly unknown[], where: string, field?: Field): void {
    if (!object) return
    const fail = (error: unknown): void => this.emit('error', { error, where, object, field: field?.path ?? null })
    try {
      const methods = object as unknown as Record<string, (...args: readonly unknown[]) => unknown>
      const result = methods[name]!(...args)
      if (result instanceof Promise) result.catch(fail)
    } catch (error) {
      fail(error)
    }
  }

  // ---- values

  readArguments(field: Field, r: Reader): unknown[] {
    return strict(field, () => field.codec.readArguments(r, this))
  }

  /** Reads the fields of a snapshot, each with the position of its arguments. */
  eachField(body: ViewBody, bytes: Uint8Array, use: (field: Field, args: unknown[], at: number) => void): void {
    const r = new Reader(bytes)
    while (r.remaining > 0) {
      const id = r.varint()
      const field = body.type.fieldById(id)
      if (!field) throw new MalformedError(`there is no field ${id}`)
      const at = r.position
      use(field, this.readArguments(field, r), at)
    }
  }

  readResult(field: Field, r: Reader): unknown {
    const value = strict(field, () => field.codec.result?.read(r, this))
    return field.schema.result === 'void' ? undefined : value
  }

  idOf(value: unknown, target: string | number): number {
    if (value === null) return 0
    checkClass(this.schema, value, target)
    const id = attachment(value as NetworkObject)?.id ?? 0
    if (this.objectAt(id) !== value) throw new Misfit('an object in view', value)
    return id
  }

  objectAt(id: number): NetworkObject | null {
    return this.bodies.get(id)?.object ?? null
  }
}

/** Honest servers send what fits: a misfit is as bad as bytes that are none. */
function strict<T>(field: Field, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof Misfit ? new MalformedError(`${field.path}: ${error.message}`) : error
  }
}
