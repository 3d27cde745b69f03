/** All channels of one server: makes them as clients greet, hands them what comes, and drops them. */
import type { Reader } from '../../base/bytes.ts'
import { MalformedError, UsageError } from '../../base/errors.ts'
import { guard } from '../../base/thenable.ts'
import { type CloseName, CloseReason } from '../../protocol/close.ts'
import { Inner } from '../envelope.ts'
import type { Hub } from '../hub.ts'
import type { ServerMessages } from '../server-messages.ts'
import type { Talk } from '../talk.ts'
import { handle } from './actor.ts'
import { type Channel, type End, makeChannel } from './channel.ts'
import type { Coding } from './coding.ts'
import { isAction } from './data.ts'
import { Inlet, type PumpMode, type Share } from './inlet.ts'
import { actionMessage, encodersDiffer, greet, readArrival } from './wire.ts'

/** Most that waits of one client for the pump, bytes. */
const mostWaiting = 4 << 20

/** As much of the engine's client as channels need. */
export interface ChannelClient {
  readonly id: number
  readonly address: string
  kick(reason?: CloseName | number, text?: string): void
}

interface Carrier {
  readonly messages: ServerMessages<any>
  on(event: 'close', listener: (event: End & { readonly client: ChannelClient | null }) => void): () => void
}

interface Place<C> extends Share {
  readonly channel: C
  readonly talk: Talk<ChannelClient>
  /** The server has closed it: what waits of it is not handled. */
  isClosed: boolean
}

export interface ChannelsOptions<C> {
  readonly type: new () => C
  readonly coding: Coding
  readonly pump: PumpMode | undefined
  /** What channels know as their server. */
  readonly server: object
  connected(channel: C, address: string): void
  failed(error: unknown, where: string): void
}

export class Channels<C extends Channel> {
  readonly all: Set<C> = new Set()
  readonly #options: ChannelsOptions<C>
  readonly #inlet: Inlet
  readonly #places = new Map<ChannelClient, Place<C>>()
  #hub: Hub<any> | null = null
  #leave: (() => void) | null = null

  constructor(options: ChannelsOptions<C>) {
    this.#options = options
    this.#inlet = new Inlet(options.pump, mostWaiting)
  }

  /** Takes the actions of a server's clients from now on. @throws UsageError where somebody else does. */
  attach(carrier: Carrier): void {
    const { hub } = carrier.messages
    const { parts } = hub
    if (parts.has(Inner.action)) throw new UsageError('The actions of this server have an ActionServer already.')
    parts.set(Inner.action, (talk, r) => this.#receive(talk, r))
    const unlisten = carrier.on('close', ({ client, code, reason, text }) => {
      const place = client && this.#places.get(client)
      if (place) this.#drop(client, place, { code, reason, text })
    })
    this.#hub = hub
    this.#leave = () => {
      this.#hub = null
      parts.delete(Inner.action)
      unlisten()
    }
  }

  /** Takes no more actions. Whoever is there is closed. */
  detach(): void {
    for (const { talk } of [...this.#places.values()]) talk.peer.kick('server-shutdown')
    this.#leave?.()
    this.#leave = null
    for (const [client, place] of [...this.#places])
      this.#drop(client, place, { code: CloseReason['server-shutdown'], reason: 'server-shutdown', text: '' })
  }

  sendAll(data: unknown, except: ReadonlySet<unknown>): number {
    const bytes = this.#options.coding.encode(data)
    const message = this.#hub?.bytesOut(actionMessage('server', bytes))
    if (!message) return 0
    for (const { channel, talk } of this.#places.values()) if (!except.has(channel)) talk.put(message)
    return bytes.length
  }

  pump(): number {
    return this.#inlet.pump()
  }

  #receive(talk: Talk<ChannelClient>, r: Reader): void {
    const arrival = readArrival(r)
    if ('encoder' in arrival) return this.#greeted(talk, arrival.encoder)
    const place = this.#places.get(talk.peer)
    // Honest clients wait for the answer to their greeting.
    if (!place) throw new MalformedError('An action came before its greeting was answered.')
    let data: unknown
    try {
      data = this.#options.coding.decode(arrival.bytes)
    } catch (error) {
      const { message } = error as Partial<Error>
      return talk.line.violate({ reason: 'bad-arguments', detail: `an action: ${message}` })
    }
    const isTaken = this.#inlet.action(place, arrival.bytes.length, () => {
      if (!place.isClosed) this.#deliver(place.channel, data)
    })
    if (!isTaken) talk.peer.kick('too-slow', 'The server has not pumped for long, and too much waits for it.')
  }

  #greeted(talk: Talk<ChannelClient>, encoder: string): void {
    const { name } = this.#options.coding
    if (talk.parts.has(this)) throw new MalformedError('A client greets once.')
    if (encoder !== name) return talk.line.close('message-mismatch', encodersDiffer(name, encoder))
    talk.parts.set(this, encoder)
    this.#inlet.event(() => {
      // It may have gone before the pump.
      if (!talk.isOver) this.#open(talk)
    })
  }

  #open(talk: Talk<ChannelClient>): void {
    const { type, server, coding, failed, connected } = this.#options
    const client = talk.peer
    let channel: C
    try {
      channel = makeChannel(type, {
        server,
        client,
        send: data => {
          const bytes = coding.encode(data)
          return talk.send(actionMessage('server', bytes)) ? bytes.length : 0
        },
        close: (reason, text) => this.#close(client, reason, text),
        failed,
      })
    } catch (error) {
      failed(error, `new ${type.name}()`)
      return client.kick('server-error')
    }
    this.#places.set(client, { channel, talk, waiting: 0, isClosed: false })
    this.all.add(channel)
    greet(talk, coding.name)
    guard(
      () => connected(channel, client.address),
      error => failed(error, 'connected'),
    )
  }

  #deliver(channel: C, data: unknown): void {
    const failed = (error: unknown, where: string): void => this.#tell(channel, error, where)
    if (isAction(data)) handle(channel, data, failed)
    else
      guard(
        () => channel.onOutOfBand(data),
        error => failed(error, 'onOutOfBand'),
      )
  }

  #tell(channel: C, error: unknown, where: string): void {
    guard(
      () => channel.onError(error, where),
      thrown => this.#options.failed(thrown, 'onError'),
    )
  }

  #close(client: ChannelClient, reason: CloseName | number, text: string | undefined): void {
    const place = this.#places.get(client)
    if (!place || place.isClosed) return
    place.isClosed = true
    client.kick(reason, text)
  }

  #drop(client: ChannelClient, { channel }: Place<C>, end: End): void {
    this.#places.delete(client)
    this.#inlet.event(() => {
      this.all.delete(channel)
      guard(
        () => channel.onClose(end),
        error => this.#tell(channel, error, 'onClose'),
      )
    })
  }
}
