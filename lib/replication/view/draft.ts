/** An object that a client wishes for: calls sent on it are gathered, to go with the wish. Rule 21 of docs/guarantees.md. */
import type { Writer } from '../../base/bytes.ts'
import type { UsageError } from '../../base/errors.ts'
import type { Flags } from '../../schema/flags.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import type { Attachment, attach, NetworkObject } from '../../schema/network-object.ts'
import type { Senders } from '../senders.ts'

/** What a draft asks of the client. */
export interface Drafting {
  readonly senders: Senders
  /** Arguments as bytes. @throws ArgumentError naming the one that does not fit. */
  encode(field: Field, args: readonly unknown[]): Uint8Array
}

/** What it would import if it were not loaded late. */
export interface DraftKit {
  readonly Writer: typeof Writer
  readonly UsageError: typeof UsageError
  readonly Flags: typeof Flags
  readonly attach: typeof attach
}

const draftOnly = 'A draft only takes first calls, within create, whose promise gives the live object.'

export class Draft implements Attachment {
  readonly id = 0
  readonly storedId = null
  readonly zone = null
  readonly owner = null
  readonly caller = null
  readonly powers: string = draftOnly
  readonly object: NetworkObject
  readonly #kit: DraftKit
  readonly #client: Drafting
  readonly #type: NetworkClass
  readonly #calls: Writer
  #count = 0
  #finished = false

  constructor(kit: DraftKit, client: Drafting, type: NetworkClass) {
    this.#kit = kit
    this.#client = client
    this.#type = type
    this.#calls = new kit.Writer(64)
    this.object = new type.construct()
    kit.attach(this.object, this)
  }

  /** The number of calls, then each with its length. */
  finish(): Uint8Array {
    this.#finished = true
    const w = new this.#kit.Writer(64)
    w.varint(this.#count)
    w.raw(this.#calls.slice())
    return w.slice()
  }

  get send(): object {
    return this.#client.senders.make(this.#type, (field, args) => this.#call(field, args))
  }

  #call(field: Field, args: readonly unknown[]): void {
    const { UsageError, Flags } = this.#kit
    if (this.#finished) throw new UsageError(draftOnly)
    if (!field.has(Flags.OwnerSend | Flags.ClientSend))
      throw new UsageError(`${field.path} cannot be sent on a new object: only the server may send it.`)
    const bytes = this.#client.encode(field, args)
    this.#calls.varint(field.key)
    this.#calls.varint(bytes.length)
    this.#calls.raw(bytes)
    this.#count++
  }

  delete(): void {
    throw new this.#kit.UsageError(draftOnly)
  }
}
