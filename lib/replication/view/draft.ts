/** An object that a client wishes for: calls sent on it are gathered, to go with the wish. Rule 21 of docs/guarantees.md. */
import { Writer } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import { type Attachment, attach, type NetworkObject } from '../../schema/network-object.ts'
import type { Senders } from '../senders.ts'

/** What a draft asks of the client. */
export interface Drafting {
  readonly senders: Senders
  /** Arguments as bytes. @throws ArgumentError naming the one that does not fit. */
  encode(field: Field, args: readonly unknown[]): Uint8Array
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
  readonly #client: Drafting
  readonly #type: NetworkClass
  readonly #calls = new Writer(64)
  #count = 0
  #finished = false

  constructor(client: Drafting, type: NetworkClass) {
    this.#client = client
    this.#type = type
    this.object = new type.construct()
    attach(this.object, this)
  }

  /** The number of calls, then each with its length. */
  finish(): Uint8Array {
    this.#finished = true
    const w = new Writer(64)
    w.varint(this.#count)
    w.raw(this.#calls.slice())
    return w.slice()
  }

  get send(): object {
    return this.#client.senders.make(this.#type, (field, args) => this.#call(field, args))
  }

  #call(field: Field, args: readonly unknown[]): void {
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
    throw new UsageError(draftOnly)
  }
}
