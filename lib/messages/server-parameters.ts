/** Shared parameters at the server, whose word counts: it checks what clients set, and tells each of them what stands. */
import type { Reader } from '../base/bytes.ts'
import { MalformedError, UsageError } from '../base/errors.ts'
import { printable } from '../base/printable.ts'
import { Misfit } from '../schema/codec.ts'
import type { ViolationReason } from '../session/server-session.ts'
import type { Obstacle } from './contract.ts'
import { longestName } from './definition.ts'
import { envelope, Inner } from './envelope.ts'
import { type Slot, Values, type ValuesHost } from './parameter-values.ts'
import type { ParameterKey, Setter } from './parameters.ts'
import type { Talk } from './talk.ts'

/** What the server says: first all, then each value that it sets, and of each that the client sets whether it stands. */
export const Said = { all: 0, one: 1, taken: 2, refused: 3 } as const

/** Who set a value, on the wire. */
export const setters: readonly (Setter | null)[] = [null, 'server', 'client']

export class ServerParameters extends Values {
  readonly #talk: Talk<any>

  constructor(host: ValuesHost, talk: Talk<any>) {
    super(host)
    this.#talk = talk
  }

  set(key: ParameterKey, value: unknown): void {
    const slot = this.slot(key)
    const bytes = this.encode(slot, value, 'server')
    if (this.#talk.isOver)
      throw new UsageError(`The parameter ${slot.parameter.name} was not set: the client has gone.`)
    // One that is away and misses it is told all when it comes back.
    this.#talk.tell(Inner.parameter, w => {
      w.u8(Said.one)
      w.text(slot.parameter.name)
      w.raw(bytes)
    })
    this.put(slot, bytes, 'server')
  }

  /** A client's word: its name, its number, its value. @param obstacle it is not read. */
  receive(r: Reader, obstacle?: Obstacle): void {
    const name = r.text(longestName)
    const number = r.varint()
    const slot = this.find(name)
    if (!slot) return void this.#violate('no-field', `the parameter ${printable(name, 1, 100).join('') || '?'}`)
    slot.number = number
    const bytes = obstacle ? null : this.#taken(slot, r)
    this.#talk.tell(Inner.parameter, w => {
      w.u8(bytes ? Said.taken : Said.refused)
      w.text(name)
      w.varint(number)
    })
    if (bytes) this.put(slot, bytes, 'client')
  }

  /** What the client set, where it may stand. */
  #taken(slot: Slot, r: Reader): Uint8Array | null {
    const { parameter } = slot
    const { name } = parameter
    if (parameter.reserved) return this.#violate('no-permission', `the parameter ${name} is the server's`)
    const bytes = r.raw(r.remaining)
    let value: unknown
    try {
      value = this.decode(parameter, bytes)
    } catch (error) {
      if (!(error instanceof Misfit || error instanceof MalformedError)) throw error
      return this.#violate('bad-arguments', `the parameter ${name}: ${error.message}`)
    }
    try {
      const refusal = parameter.refusal(value, 'client')
      return refusal === null ? bytes : this.#violate('bad-arguments', `the parameter ${name}: ${refusal}`)
    } catch (error) {
      this.failed(error, `the validator of the parameter ${name}`)
      return null
    }
  }

  #violate(reason: ViolationReason, detail: string): null {
    this.#talk.line.violate({ reason, detail })
    return null
  }

  /** Tells the client all anew: it has missed some. */
  tellAll(): void {
    this.#talk.send(this.all())
  }

  /** All that stands, as one message. */
  all(): Uint8Array {
    const slots = [...this.slots]
    return envelope('server', w => {
      w.varint(Inner.parameter)
      w.u8(Said.all)
      w.varint(slots.length)
      for (const { parameter, number, bytes, by } of slots) {
        w.text(parameter.name)
        w.text(parameter.type.hash)
        w.varint(number)
        w.u8(bytes ? setters.indexOf(by) : 0)
        w.varint(bytes?.length ?? 0)
        if (bytes) w.raw(bytes)
      }
    })
  }
}
