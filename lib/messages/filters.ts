/** Runs the middleware of one side: messages and bytes in order on their way out, in reverse on their way in. Rule 36 of docs/guarantees.md. */
import { Reader } from '../base/bytes.ts'
import { Rejected, UsageError } from '../base/errors.ts'
import { longestMessage } from './compiled.ts'
import { envelope, type Side } from './envelope.ts'
import type { BytesPass, Middleware, Passing } from './middleware.ts'
import type { Registered } from './registry.ts'

type Kept<T> = T | null | undefined | void

/** What a filter throws goes to `failed`, and drops what it was given: neither a sender nor a connection suffers from it. */
export class Filters {
  readonly #side: Side
  readonly #messages: readonly Middleware[]
  readonly #bytes: readonly BytesPass[]
  readonly #failed: (error: unknown, where: string) => void

  constructor(side: Side, middleware: readonly Middleware[], failed: (error: unknown, where: string) => void) {
    this.#side = side
    this.#messages = middleware
    this.#bytes = middleware.flatMap(({ bytes }) => (bytes ? [bytes] : []))
    this.#failed = failed
  }

  /** A message of one's own; null where a filter keeps it. */
  out({ id, name }: Registered, value: object): Passing | null {
    return this.#guarded(`the middleware that sends ${name}`, () => {
      let passing: Kept<Passing> = { id, name, value }
      for (const layer of this.#messages) {
        if (!passing) return null
        if (layer.send) passing = checked(layer.send(passing))
      }
      return passing ?? null
    })
  }

  /** A message of the other side. @param from as handlers see it. */
  in({ id, name }: Registered, value: object, from: unknown): Passing | null {
    return this.#guarded(`the middleware that receives ${name}`, () => {
      let passing: Kept<Passing> = { id, name, value }
      for (let i = this.#messages.length - 1; passing && i >= 0; i--) {
        const layer = this.#messages[i]!
        if (layer.receive) passing = checked(layer.receive(passing, from))
      }
      return passing ?? null
    })
  }

  /** An envelope, to be sent to any number of receivers. */
  bytesOut(message: Uint8Array): Uint8Array | null {
    if (this.#bytes.length === 0) return message
    return this.#guarded('the middleware that sends bytes', () => {
      const r = new Reader(message)
      r.u8()
      r.varint()
      let inner: Kept<Uint8Array> = r.raw(r.remaining)
      for (const pass of this.#bytes) {
        if (!inner) return null
        if (pass.send) inner = checkedBytes(pass.send(inner))
      }
      const passed = inner
      return passed ? envelope(this.#side, w => w.raw(passed)) : null
    })
  }

  /** The inside of an envelope. */
  bytesIn(r: Reader): Reader | null {
    if (this.#bytes.length === 0) return r
    return this.#guarded('the middleware that receives bytes', () => {
      let inner: Kept<Uint8Array> = r.raw(r.remaining)
      for (let i = this.#bytes.length - 1; inner && i >= 0; i--) {
        const pass = this.#bytes[i]!
        if (pass.receive) inner = checkedBytes(pass.receive(inner))
      }
      return inner ? new Reader(inner) : null
    })
  }

  #guarded<T>(where: string, run: () => T | null): T | null {
    try {
      return run()
    } catch (error) {
      this.#failed(error, where)
      return null
    }
  }
}

/** What whoever asked is told of a question that never left. */
export const droppedBefore = (name: string): Rejected =>
  new Rejected(`${name} was dropped by this side's own middleware.`, 'dropped')

function checked(passing: Kept<Passing>): Kept<Passing> {
  if (!passing || (typeof passing.value === 'object' && passing.value !== null)) return passing
  throw new UsageError(
    'Middleware gives a message with its value, or nothing to drop it. It cannot be async: messages keep their order.',
  )
}

function checkedBytes(bytes: Kept<Uint8Array>): Kept<Uint8Array> {
  if (bytes && !(bytes instanceof Uint8Array))
    throw new UsageError(
      'Middleware of bytes gives a Uint8Array, or nothing to drop the message. It cannot be async: messages keep their order.',
    )
  if (bytes && bytes.length > longestMessage)
    throw new UsageError(
      `Middleware made ${bytes.length} bytes of a message, and ${longestMessage} at most can be sent.`,
    )
  return bytes
}
