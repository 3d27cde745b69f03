/** An object that a client wishes for: calls sent on it are gathered, to go with the wish. Rule 21 of docs/guarantees.md. */
import { Writer } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import { type Attachment, attach, type NetworkObject } from '../../schema/network-object.ts'
import type { View } from './view.ts'

export class Draft implements Attachment {
  readonly id = 0
  readonly storedId = null
  readonly zone = null
  readonly owner = null
  readonly caller = null
  readonly object: NetworkObject
  readonly #view: View
  readonly #type: NetworkClass
  readonly #calls = new Writer(64)
  #count = 0
  #finished = false

  constructor(view: View, type: NetworkClass) {
    this.#view = view
    this.#type = type
    this.object = new type.construct()
    attach(this.object, this)
  }

  /** The number of calls, then each with its length. */
  finish(): Uint8Array {
    this.#finished = true
    const w = new Writer(64)
    w.varint(this.#count)
    w.raw(this.#calls.bytes, 0, this.#calls.position)
    return w.slice()
  }

  sender(): object {
    return this.#view.senders.make(this.#type, this, null, null)
  }

  call(field: Field, args: readonly unknown[]): undefined {
    if (this.#finished) throw draftOnly()
    if (!field.has(Flags.OwnerSend) && !field.has(Flags.ClientSend))
      throw new UsageError(`${field.path} cannot be sent on a new object: only the server may send it.`)
    const bytes = this.#view.encode(field, args)
    this.#calls.varint(field.key)
    this.#calls.varint(bytes.length)
    this.#calls.raw(bytes)
    this.#count++
  }

  enterZone(): Promise<void> {
    throw draftOnly()
  }

  transferOwner(): void {
    throw draftOnly()
  }

  delete(): void {
    throw draftOnly()
  }

  saved(): Promise<void> {
    throw draftOnly()
  }

  clear(): void {
    throw draftOnly()
  }
}

function draftOnly(): UsageError {
  return new UsageError('This is the draft of an object, on which create’s second argument may send first calls and nothing else. The live object is what create’s promise gives.')
}
