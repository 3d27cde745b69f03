/** A client's end of the actions of one connection: greets, then sends and hears. */
import type { Reader } from '../../base/bytes.ts'
import { MalformedError, UsageError } from '../../base/errors.ts'
import type { ClientMessages } from '../client-messages.ts'
import { Inner } from '../envelope.ts'
import type { Talk } from '../talk.ts'
import type { End } from './channel.ts'
import type { Coding } from './coding.ts'
import { actionMessage, encodersDiffer, greet, readArrival } from './wire.ts'

/** As much of the engine's client as its actions need. */
export interface Carrier {
  readonly messages: ClientMessages
  on(event: 'close', listener: (event: End) => void): () => void
  on(event: 'transfer' | 'transferred', listener: () => void): () => void
  close(): void
}

export interface Heard {
  /** The server has answered the greeting: its channel is there. */
  connected(): void
  /** It leaves for another server, which has no channel of it yet. */
  moving(): void
  /** False where too much waits. */
  action(data: unknown, bytes: number): boolean
}

export class ClientLine {
  readonly #coding: Coding
  readonly #heard: Heard
  readonly #talk: Talk<ClientMessages>
  /** Takes no more. */
  readonly leave: () => void

  constructor(carrier: Carrier, coding: Coding, heard: Heard) {
    const { talk, hub } = carrier.messages
    this.#coding = coding
    this.#heard = heard
    this.#talk = talk
    if (hub.parts.has(Inner.action)) throw new UsageError('The actions of this client have a Connection already.')
    hub.parts.set(Inner.action, (_, r) => this.#receive(r))
    greet(talk, coding.name)
    const ends = [
      carrier.on('transfer', () => heard.moving()),
      carrier.on('transferred', () => greet(talk, coding.name)),
    ]
    this.leave = () => {
      hub.parts.delete(Inner.action)
      for (const end of ends) end()
    }
  }

  /** False where it is lost. */
  send(bytes: Uint8Array): boolean {
    return this.#talk.send(actionMessage('client', bytes))
  }

  #receive(r: Reader): void {
    const arrival = readArrival(r)
    const { name } = this.#coding
    if ('encoder' in arrival) {
      if (arrival.encoder === name) return this.#heard.connected()
      return this.#talk.line.close('message-mismatch', encodersDiffer(arrival.encoder, name))
    }
    let data: unknown
    try {
      data = this.#coding.decode(arrival.bytes)
    } catch (cause) {
      throw new MalformedError(`An action is not what ${name} reads: ${(cause as Partial<Error>).message}`, { cause })
    }
    if (!this.#heard.action(data, arrival.bytes.length))
      this.#talk.line.close('too-slow', 'This client has not pumped for long, and too much waits for it.')
  }
}
