/** The codecs of a message: its value and its reply as bytes and back. */
import { type Reader, Writer } from '../base/bytes.ts'
import { ArgumentError } from '../base/errors.ts'
import { type Codec, compileShape, Misfit, type References } from '../schema/codec.ts'
import { loadCodecs } from '../schema/rare/load.ts'
import { Registry } from '../schema/registry.ts'
import type { MessageType } from './definition.ts'
import type { MessageRegistry } from './registry.ts'

/** Longest that a message may be, less what surrounds it, bytes: as much as a server takes by default. */
export const longestMessage: number = (1 << 20) - 64

/** Messages name no objects. */
const noReferences: References = {
  idOf(value) {
    throw new Misfit('no network object: a message cannot carry one, only its id', value)
  },
  objectAt: () => null,
}

/** To be awaited before messages are compiled. */
export const loadMessageCodecs = (registry: MessageRegistry): Promise<void> =>
  loadCodecs(JSON.stringify([...registry].map(({ type }) => [type.shape, type.types, type.reply])))

const writer = new Writer()

export class Compiled {
  readonly type: MessageType
  readonly #value: Codec
  readonly #reply: Codec | null

  constructor(type: MessageType) {
    this.type = type
    this.#value = compileShape(type.shape, Registry.shared, type.types)
    this.#reply = type.reply && compileShape(type.reply, Registry.shared)
  }

  /** @throws ArgumentError for what does not fit. */
  encode(value: unknown): Uint8Array {
    return this.#encode(this.#value, value, this.type.name)
  }

  /** @throws ArgumentError, as above. */
  encodeReply(value: unknown): Uint8Array {
    return this.#reply ? this.#encode(this.#reply, value, `the reply to ${this.type.name}`) : new Uint8Array(0)
  }

  /** @throws MalformedError or Misfit; what a class of the game throws that is made from it. */
  decode(r: Reader): object {
    const value = this.#value.read(r, noReferences) as object
    r.finish()
    const { target } = this.type
    return target ? Object.assign(new target(), value) : value
  }

  /** @throws MalformedError or Misfit. */
  decodeReply(r: Reader): unknown {
    const value = this.#reply?.read(r, noReferences)
    r.finish()
    return value
  }

  #encode(codec: Codec, value: unknown, what: string): Uint8Array {
    writer.reset()
    try {
      codec.write(writer, value, noReferences)
    } catch (error) {
      throw error instanceof Misfit ? new ArgumentError(`${what}: ${error.message}`, { cause: error }) : error
    }
    if (writer.position > longestMessage)
      throw new ArgumentError(
        `${what} takes ${writer.position} bytes, and ${longestMessage} at most can be sent. Send it in parts, or as a stream.`,
      )
    return writer.slice()
  }
}
