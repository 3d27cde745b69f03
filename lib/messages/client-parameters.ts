/** Shared parameters at a client: what it sets stands here at once, until the server's answer says what stands there. */
import type { Reader } from '../base/bytes.ts'
import { MalformedError, UsageError } from '../base/errors.ts'
import { Misfit } from '../schema/codec.ts'
import { longestName } from './definition.ts'
import { Inner } from './envelope.ts'
import { type Slot, Values, type ValuesHost } from './parameter-values.ts'
import type { ParameterKey, Setter } from './parameters.ts'
import { Said, setters } from './server-parameters.ts'
import type { Talk } from './talk.ts'

/** What the server says of one parameter at the beginning. */
interface Word {
  readonly name: string
  /** The client's last word that it knew of. */
  readonly heard: number
  readonly by: Setter | null
  readonly bytes: Uint8Array
}

/** What stands at the server as far as is known, and what was set here and is not answered yet. */
interface Known {
  bytes: Uint8Array | null
  by: Setter
  pending: { readonly number: number; readonly bytes: Uint8Array }[]
}

export class ClientParameters extends Values {
  readonly #talk: Talk<any>
  readonly #leave: (why: string) => never
  readonly #ignoresMissing: boolean
  readonly #known: Map<Slot, Known>
  /** Whether the server has said what stands there. */
  #isTold = false

  /** @param leave ends the connection: the two sides differ. */
  constructor(host: ValuesHost, talk: Talk<any>, ignoresMissing: boolean, leave: (why: string) => never) {
    super(host)
    this.#known = new Map([...this.slots].map(slot => [slot, { bytes: null, by: 'server', pending: [] }]))
    this.#talk = talk
    this.#ignoresMissing = ignoresMissing
    this.#leave = leave
  }

  set(key: ParameterKey, value: unknown): void {
    const slot = this.slot(key)
    const { name, reserved } = slot.parameter
    if (reserved) throw new UsageError(`The parameter ${name} is reserved: the server alone sets it.`)
    const bytes = this.encode(slot, value, 'client')
    if (this.#isTold) this.#tell(slot, bytes)
    else if (this.#talk.isOver) throw untold(name)
    this.put(slot, bytes, 'client')
  }

  /** @throws UsageError where it cannot be told. */
  #tell(slot: Slot, bytes: Uint8Array): void {
    const { name } = slot.parameter
    const isSent = this.#talk.tell(Inner.parameter, w => {
      w.text(name)
      w.varint(slot.number + 1)
      w.raw(bytes)
    })
    if (!isSent) throw untold(name)
    this.#known.get(slot)!.pending.push({ number: ++slot.number, bytes })
  }

  /** The connection goes to another server, where nothing of this is known. */
  reopen(): void {
    this.#isTold = false
    for (const [slot, known] of this.#known) {
      slot.number = 0
      Object.assign(known, { bytes: null, by: 'server', pending: [] })
    }
  }

  receive(r: Reader): void {
    const said = r.u8()
    if (said === Said.all) return this.#takeAll(r)
    const slot = this.find(r.text(longestName))
    // Of one that this client does not know, which `missing` allows for; or of the server before this one.
    if (!slot || !this.#isTold) return
    if (said === Said.one) return this.#stand(slot, r.raw(r.remaining), 'server')
    if (said !== Said.taken && said !== Said.refused) throw new MalformedError(`${said} is said of no parameter.`)
    const number = r.varint()
    r.finish()
    const known = this.#known.get(slot)!
    const set = known.pending.find(one => one.number === number)
    // Set at the server before this one.
    if (!set) return
    known.pending = known.pending.filter(one => one.number > number)
    if (said === Said.taken) this.#stand(slot, set.bytes, 'client')
    else this.#stand(slot, known.bytes, known.by)
  }

  #takeAll(r: Reader): void {
    const faults: string[] = []
    const words: Word[] = []
    for (let left = r.varint(); left > 0; left--) {
      const name = r.text(longestName)
      const hash = r.text(16)
      words.push({ name, heard: r.varint(), by: setterOf(r.u8()), bytes: r.raw(r.varint()) })
      const slot = this.find(name)
      if (slot && slot.parameter.type.hash !== hash) faults.push(`${name} has another type at the server`)
      else if (!slot && !this.#ignoresMissing) faults.push(`this client has no parameter ${name}`)
    }
    r.finish()
    const names = new Set(words.map(({ name }) => name))
    if (!this.#ignoresMissing)
      for (const { parameter } of this.slots)
        if (!names.has(parameter.name)) faults.push(`the server has no parameter ${parameter.name}`)
    if (faults.length > 0) this.#leave(`The parameters of the two sides differ: ${faults.slice(0, 5).join('; ')}.`)

    const isFirst = !this.#isTold
    this.#isTold = true
    for (const word of words) {
      const slot = this.find(word.name)
      if (!slot) continue
      // What was set before it could be told, here or at the server before this one.
      const known = this.#known.get(slot)!
      known.pending = known.pending.filter(({ number }) => number > word.heard)
      if (isFirst && slot.bytes && slot.by === 'client' && !slot.parameter.reserved) this.#tell(slot, slot.bytes)
      this.#stand(slot, word.by && word.bytes, word.by ?? 'server')
    }
  }

  /** What the server lets stand; here it does where nothing was set since. */
  #stand(slot: Slot, bytes: Uint8Array | null, by: Setter): void {
    const known = this.#known.get(slot)!
    Object.assign(known, { bytes, by })
    if (known.pending.length > 0) return
    try {
      this.put(slot, bytes, by)
    } catch (error) {
      const { name } = slot.parameter
      throw error instanceof Misfit ? new MalformedError(`the parameter ${name}: ${error.message}`) : error
    }
  }
}

function setterOf(byte: number): Setter | null {
  const setter = setters[byte]
  if (setter === undefined) throw new MalformedError(`${byte} is nobody who sets parameters.`)
  return setter
}

const untold = (name: string): UsageError =>
  new UsageError(
    `The parameter ${name} was not set, as the server cannot be told: the connection has ended, or too much waits for it.`,
  )
