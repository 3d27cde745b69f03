/** An object that a client wishes for: calls sent on it are gathered, to go with the wish. Rule 21 of docs/guarantees.md. */
import type { Reader, Writer } from '../../base/bytes.ts'
import type { Rejected, UsageError } from '../../base/errors.ts'
import type { Flags } from '../../schema/flags.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import type { Attachment, attach, NetworkObject } from '../../schema/network-object.ts'
import type { Senders } from '../senders.ts'

// As in protocol/opcodes.ts, which the first piece has.
const Create = 0x14

/** What a draft asks of the client. */
export interface Drafting {
  readonly senders: Senders
  readonly view: { objectAt(id: number): NetworkObject | null }
  /** Arguments as bytes. @throws ArgumentError naming the one that does not fit. */
  encode(field: Field, args: readonly unknown[]): Uint8Array
  ask<T>(op: number, what: string, read: (r: Reader) => T, put: (w: Writer) => void): Promise<T>
}

/** What it would import if it were not loaded late. */
export interface DraftKit {
  readonly Writer: typeof Writer
  readonly UsageError: typeof UsageError
  readonly Rejected: typeof Rejected
  readonly Flags: typeof Flags
  readonly attach: typeof attach
}

/** Asks for a new object. */
export function create(
  kit: DraftKit,
  client: Drafting,
  type: NetworkClass,
  init: ((draft: NetworkObject) => void) | undefined,
  zone: number | null,
): Promise<NetworkObject> {
  const { id, name } = type
  const draft = new Draft(kit, client, type)
  init?.(draft.object)
  const calls = draft.finish()
  const live = (r: Reader): NetworkObject => {
    const object = client.view.objectAt(r.varint())
    // The server's own code may have taken it away at once.
    if (!object) throw new kit.Rejected(`The new ${name} has left view already.`, 'left-view')
    return object
  }
  return client.ask(Create, `create(${name})`, live, w => {
    w.varint(id)
    w.varint(zone === null ? 0 : zone + 1)
    w.varint(calls.length)
    w.raw(calls)
  })
}

const draftOnly = 'A draft only takes first calls, within create, whose promise gives the live object.'

class Draft implements Attachment {
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
