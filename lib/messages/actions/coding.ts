/** The encoder of one side, with what every use of it checks. */
import { ArgumentError, UsageError } from '../../base/errors.ts'
import { Misfit } from '../../schema/codec/misfit.ts'
import { longestMessage } from '../compiled.ts'
import { checkSendable, shown } from './data.ts'
import type { Encoder, EncoderOption } from './encoder.ts'
import { json } from './json.ts'
import { msgpack } from './msgpack.ts'

/** The encoder of one side. @throws UsageError for what is none. */
export function encoderOf(option: EncoderOption = msgpack): Coding {
  const encoder = option === 'msgpack' ? msgpack : option === 'json' ? json : option
  if (typeof encoder?.encode !== 'function' || typeof encoder.decode !== 'function')
    throw new UsageError(
      `encoder is 'msgpack', 'json' or { encode, decode }, not ${typeof option === 'string' ? JSON.stringify(option) : String(option)}.`,
    )
  return new Coding(encoder)
}

/** An encoder with what every use of it checks. */
export class Coding {
  readonly name: string
  readonly #encoder: Encoder

  constructor(encoder: Encoder) {
    const { name = 'custom' } = encoder
    if (typeof name !== 'string' || name.length < 1 || name.length > 100)
      throw new UsageError(`The name of an encoder is 1 to 100 characters, not ${JSON.stringify(name)}.`)
    this.name = name
    this.#encoder = encoder
  }

  ready(): Promise<void> {
    return this.#encoder.ready?.() ?? Promise.resolve()
  }

  /** @throws ArgumentError for what cannot be sent, UsageError for an encoder that gives no bytes, and what the game's own encoder throws. */
  encode(data: unknown): Uint8Array {
    checkSendable(data)
    let bytes: Uint8Array
    try {
      bytes = this.#encoder.encode(data)
    } catch (error) {
      throw error instanceof Misfit
        ? new ArgumentError(`${shown(data)} cannot be sent as ${this.name}: ${error.message}`, { cause: error })
        : error
    }
    if (!(bytes instanceof Uint8Array))
      throw new UsageError(`encode of the encoder ${this.name} has to give a Uint8Array, at once.`)
    if (bytes.length > longestMessage)
      throw new ArgumentError(
        `${shown(data)} takes ${bytes.length} bytes, and ${longestMessage} at most can be sent. Send it in parts.`,
      )
    return bytes
  }

  /** @throws whatever the encoder throws. */
  decode(bytes: Uint8Array): unknown {
    return this.#encoder.decode(bytes)
  }
}
