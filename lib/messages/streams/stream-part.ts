/** Byte streams beside messages: who takes those of which message, and the streams of each connection. docs/streams.md. */
import type { Reader } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { guard } from '../../base/thenable.ts'
import { endedBefore } from '../../session/ended.ts'
import type { MessageLike, MessageType } from '../definition.ts'
import { Inner } from '../envelope.ts'
import { droppedBefore } from '../filters.ts'
import type { Hub } from '../hub.ts'
import type { Registered } from '../registry.ts'
import { reasonOf, type Talk } from '../talk.ts'
import type { ByteStream, StreamHandler } from './byte-stream.ts'
import { Pace, type Rates } from './pace.ts'
import type { Stream } from './stream.ts'
import { Streams, type Taken } from './streams.ts'
import { inward, outward } from './wire.ts'

type AnyHandler = StreamHandler<MessageLike, any>

export class StreamPart<P> {
  readonly #hub: Hub<P>
  readonly #rates: Rates | null
  readonly #handlers = new Map<MessageType, AnyHandler>()

  /** @param rates what the other side may send; null for any amount. */
  constructor(hub: Hub<P>, rates: Rates | null) {
    this.#hub = hub
    this.#rates = rates
    hub.parts.set(Inner.stream, (talk, r, obstacle) => this.#of(talk).receive(r, obstacle))
  }

  /** Has `handler` take the streams of a message until the returned function is called. @throws UsageError where another does. */
  on<M extends MessageLike>(message: M, handler: StreamHandler<M, P>): () => void {
    const { type, name } = this.#hub.registry.get(message)
    if (this.#handlers.has(type))
      throw new UsageError(`The streams of ${name} are taken already: one handler takes them.`)
    const taker: AnyHandler = (head, stream, from) => handler(head as never, stream, from)
    this.#handlers.set(type, taker)
    return () => {
      if (this.#handlers.get(type) === taker) this.#handlers.delete(type)
    }
  }

  /** The head of a stream. @throws ArgumentError for a value that does not fit; Rejected where this side's own middleware drops it. */
  encode(entry: Registered, head: object): Uint8Array {
    const passed = this.#hub.passOut(entry, head)
    if (!passed) throw droppedBefore(entry.name)
    return this.#hub.compiled(entry.type).encode(passed)
  }

  /** @param wireId the message's id at the server. */
  open(talk: Talk<P>, entry: Registered, wireId: number, head: Uint8Array, timeoutMs: number): Promise<ByteStream> {
    if (talk.isOver) return Promise.reject(endedBefore(`the stream ${entry.name}`, talk.endCode))
    return this.#of(talk).open(entry, wireId, head, timeoutMs)
  }

  /** Some of what was sent over a connection is lost. */
  afresh(talk: Talk<P>): void {
    ;(talk.parts.get(this) as Streams | undefined)?.afresh()
  }

  #of(talk: Talk<P>): Streams {
    const known = talk.parts.get(this) as Streams | undefined
    if (known) return known
    const { clock } = this.#hub
    const streams = new Streams(talk, (_, r) => this.#take(talk, r), this.#rates && Pace.within(clock, this.#rates))
    talk.parts.set(this, streams)
    const end = (code: number): void => {
      talk.ends.delete(end)
      // A client that is sent on to another server begins anew there.
      talk.parts.delete(this)
      streams.end(code)
    }
    talk.ends.add(end)
    return streams
  }

  #take(talk: Talk<P>, r: Reader): Taken | string {
    const head = talk.head(r)
    if ('refused' in head) return head.refused
    const { entry } = head
    const handler = this.#handlers.get(entry.type)
    if (!handler) return 'no-handler'
    const passed = this.#hub.pass(talk, entry, head.value)
    if ('refused' in passed) return passed.refused
    return { name: entry.name, run: stream => this.#run(handler, talk, entry, passed.value, stream) }
  }

  #run(handler: AnyHandler, talk: Talk<P>, entry: Registered, head: object, stream: Stream): void {
    const threw = (error: unknown): void => {
      const isFault = stream.isFault(error)
      stream.abort(outward | inward, isFault ? error : (reasonOf(error) ?? 'error'))
      if (!isFault) this.#hub.threw(error, entry, talk)
    }
    guard(() => {
      const result = handler(head, stream.face, talk.peer)
      return result && Promise.resolve(result).then(() => stream.finish())
    }, threw)
  }
}
