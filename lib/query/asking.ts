/** One question to one server: Hello comes, Query goes, Info comes. docs/protocol.md has the bytes; they are the same in all versions. */
import { Reader, Writer } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { Deferred } from '../base/deferred.ts'
import { ConnectionFailed, Disconnected, MalformedError } from '../base/errors.ts'
import { type Channel, type ChannelReceiver, Frame } from '../link/transport.ts'
import { CloseReason, closeName } from '../protocol/close.ts'
import * as messages from '../protocol/messages.ts'
import * as Op from '../protocol/opcodes.ts'

/** What a server says of itself. */
export interface ServerInfo {
  /** As `createServer({ name })` says; '' where it does not. */
  readonly name: string
  /** Clients that are logged in. */
  readonly players: number
  /** How many there may be; null for any number. */
  readonly maxPlayers: number | null
  /** Nobody else may log in now. */
  readonly full: boolean
  /** Message of the day. */
  readonly motd: string
  /** What the server runs, such as `fieldcast/0.1.0`, and the version in it. */
  readonly library: string
  readonly version: string
  /** Version of the protocol: a client of another cannot log in. */
  readonly protocol: number
  /** From the question to the answer, ms, the connection's opening not included. */
  readonly latency: number
  /** One way, ms: half of it. */
  readonly delay: number
  /** The server's time of the day when it answered, ms since 1970. */
  readonly serverTime: number
  /** The game's own word, unchecked: what the option `info` of its server gives; null where nothing. */
  readonly data: any
  /** What was sent along, as it came back. */
  readonly echo: unknown
}

export class Asking implements ChannelReceiver {
  readonly #url: string
  readonly #json: string
  readonly #clock: Clock
  readonly #answer = new Deferred<ServerInfo>()
  readonly #reader = new Reader()
  #channel: Channel | null = null
  #hello: messages.Hello | null = null
  #isOver = false

  /** @param json goes along. */
  constructor(url: string, json: string, clock: Clock) {
    this.#url = url
    this.#json = json
    this.#clock = clock
  }

  /** Rejects with Disconnected where the server does not answer, with ConnectionFailed where there is none. */
  get answer(): Promise<ServerInfo> {
    return this.#answer.promise
  }

  /** The connection is open. */
  readonly open = (channel: Channel): ChannelReceiver => {
    this.#channel = channel
    // It outlived the wait.
    if (this.#isOver) this.#leave()
    return this
  }

  readonly fail = (error: unknown): void => {
    if (this.#isOver) return
    this.#isOver = true
    this.#answer.reject(error)
    this.#leave()
  }

  frame(bytes: Uint8Array): void {
    if (this.#isOver) return
    const r = this.#reader
    try {
      r.reset(bytes)
      while (r.remaining > 0 && !this.#isOver) this.#message(r.u8(), r)
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      this.fail(
        new ConnectionFailed(`${this.#url} is reached, but it speaks no protocol of fieldcast: ${error.message}`, {
          cause: error,
        }),
      )
    }
  }

  end(code: number = CloseReason.lost, text: string): void {
    this.fail(this.#refusal(code, text || 'the connection was lost.'))
  }

  #message(op: number, r: Reader): void {
    if (op === Op.Hello && !this.#hello) {
      this.#hello = messages.getHello(r)
      const w = new Writer(64)
      messages.putQuery(w, { time: this.#clock.now(), json: this.#json })
      this.#channel!.send(new Frame(w.slice()))
    } else if (op === Op.Info && this.#hello) {
      this.#tell(this.#hello, messages.getInfo(r))
    } else if (op === Op.Close) {
      const { code, text } = messages.getClose(r)
      this.fail(this.#refusal(code, text))
    } else throw new MalformedError(`message 0x${op.toString(16)} came out of turn.`)
  }

  #tell(hello: messages.Hello, { query, wall, players, maxPlayers, name, json }: messages.Info): void {
    const { protocol, library, motd } = hello
    // Its own word on when it was asked is its own affair.
    const latency = Math.max(this.#clock.now() - query.time, 0)
    const most = maxPlayers === 0 ? null : maxPlayers - 1
    const info: ServerInfo = {
      name,
      players,
      maxPlayers: most,
      full: most !== null && players >= most,
      motd,
      library,
      version: library.slice(library.indexOf('/') + 1),
      protocol,
      latency,
      delay: latency / 2,
      serverTime: wall,
      data: parsed(json),
      echo: parsed(query.json),
    }
    this.#isOver = true
    this.#answer.resolve(info)
    this.#leave()
  }

  #refusal(code: number, text: string): Disconnected {
    const reason = closeName(code)
    // Servers of before know no queries.
    const why = reason === 'no-login' || reason === 'malformed' ? 'it knows no queries, or answers none.' : text
    return new Disconnected(`${this.#url} did not answer the query: ${why} (${reason})`, code, reason)
  }

  #leave(): void {
    this.#channel?.close(CloseReason.normal, '')
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new MalformedError('its answer is no JSON.')
  }
}
