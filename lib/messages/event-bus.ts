/** What a server or a client tells of itself, under the names and with the data of peng3dnet's events. docs/coming-from/peng3dnet.md has the table. */
import { Emitter } from '../base/emitter.ts'
import { UsageError } from '../base/errors.ts'
import type { Hub } from './hub.ts'
import type { Tap } from './taps.ts'

/** The names under which a server's events are told. */
export const serverBusEvents = [
  'peng3dnet:server.initialize',
  'peng3dnet:server.bind',
  'peng3dnet:server.start',
  'peng3dnet:server.stop',
  'peng3dnet:server.shutdown',
  'peng3dnet:server.connection.accept',
  'peng3dnet:server.connection.handshakecomplete',
  'peng3dnet:server.connection.send',
  'peng3dnet:server.connection.recv',
  'peng3dnet:server.connection.close',
] as const

/** Those of a client. */
export const clientBusEvents = [
  'peng3dnet:client.initialize',
  'peng3dnet:client.connect',
  'peng3dnet:client.start',
  'peng3dnet:client.handshakecomplete',
  'peng3dnet:client.send',
  'peng3dnet:client.recv',
  'peng3dnet:client.close',
  'peng3dnet:client.stop',
] as const

export type BusEvent = (typeof serverBusEvents)[number] | (typeof clientBusEvents)[number]

/** What each event has: `peng` is the bus that was given, or null; `server` or `client` is whose event it is; the rest as the table says. */
export type BusData = Readonly<Record<string, unknown>>

/** A bus of the game's own, such as Node's EventEmitter. */
export interface GivenBus {
  emit(name: string, data: BusData): unknown
}

export interface EventBusOptions {
  /** Told everything as well. */
  readonly bus?: GivenBus | null
  /** False: nothing is told. `auto`: only with a `bus`. @default true */
  readonly enabled?: boolean | 'auto'
}

/** As much of a server as the bus needs. */
export interface BusServer {
  readonly clients: ReadonlyMap<number, unknown>
  readonly messages: { readonly hub: Pick<Hub<any>, 'onAny' | 'taps'> }
  on(event: 'start', listener: (event: { readonly urls: readonly string[] }) => void): () => void
  on(
    event: 'stop',
    listener: (event: { readonly reason: string | number; readonly timeoutMs: number }) => void,
  ): () => void
  on(event: 'connect', listener: (event: { readonly client: BusPeer }) => void): () => void
  on(
    event: 'close',
    listener: (event: { readonly client: BusPeer | null; readonly reason: string }) => void,
  ): () => void
}

interface BusPeer {
  readonly id: number
  readonly address: string
}

/** As much of a client. */
export interface BusClient {
  readonly connected: boolean
  readonly messages: { readonly hub: Pick<Hub<any>, 'onAny' | 'taps'> }
  on(event: 'close', listener: (event: { readonly reason: string }) => void): () => void
}

type Events = Record<BusEvent, BusData> & { error: { readonly error: unknown } }

/** @see eventBus */
export class EventBus {
  readonly #emitter = new Emitter<Events>({})
  readonly #names: readonly string[]
  readonly #bus: GivenBus | null
  /** In every event. */
  readonly #common: BusData
  readonly #offs: (() => void)[] = []

  constructor(source: BusServer | BusClient, { bus = null, enabled = true }: EventBusOptions) {
    const isServer = 'clients' in source
    this.#names = isServer ? serverBusEvents : clientBusEvents
    this.#bus = bus
    this.#common = { peng: bus, [isServer ? 'server' : 'client']: source }
    if (enabled === 'auto' ? bus === null : !enabled) return
    if (isServer) this.#serve(source)
    else this.#attend(source)
  }

  /**
   * Calls `listener` at each event of a name until the returned function is called. `error` has what a listener, or the bus that was given, threw: unheard it is logged.
   * @throws UsageError for a name that there is not.
   */
  on(name: BusEvent | 'error', listener: (data: BusData) => void): () => void {
    if (name === 'error' || this.#names.includes(name)) return this.#emitter.on(name, listener)
    throw new UsageError(`There is no event ${name} here. There are: ${this.#names.join(', ')}.`)
  }

  /** Tells nothing any more. */
  stop(): void {
    for (const off of this.#offs.splice(0)) off()
  }

  #tell(name: BusEvent, data: BusData = {}): void {
    const whole = { ...data, ...this.#common }
    this.#emitter.emit(name, whole)
    try {
      this.#bus?.emit(name, whole)
    } catch (error) {
      this.#emitter.emit('error', { error })
    }
  }

  #serve(server: BusServer): void {
    const name = 'peng3dnet:server'
    this.#offs.push(
      server.on('start', ({ urls }) => {
        this.#tell(`${name}.initialize`)
        for (const url of urls) this.#tell(`${name}.bind`, { addr: pairOf(url) })
        this.#tell(`${name}.start`)
      }),
      server.on('stop', ({ reason, timeoutMs }) => {
        this.#tell(`${name}.stop`, { reason: 'method' })
        this.#tell(`${name}.shutdown`, { join: true, timeout: timeoutMs / 1000, reason })
      }),
      server.on('connect', ({ client }) => {
        this.#tell(`${name}.connection.accept`, { sock: null, addr: client.address, client, cid: client.id })
        this.#tell(`${name}.connection.handshakecomplete`, { client })
      }),
      server.on('close', ({ client, reason }) => {
        if (client) this.#tell(`${name}.connection.close`, { client, reason })
      }),
    )
    this.#listen(
      server,
      (client, { id }, data) => this.#tell(`${name}.connection.send`, { client, pid: id, data }),
      (pid, msg, client) => this.#tell(`${name}.connection.recv`, { client, pid, msg }),
    )
  }

  /** It is connected when it is had: what led there is told at the end of this turn, for whoever listens by then. */
  #attend(client: BusClient): void {
    const name = 'peng3dnet:client'
    let isOn = true
    this.#offs.push(
      () => {
        isOn = false
      },
      client.on('close', ({ reason }) => {
        this.#tell(`${name}.close`, { reason })
        this.#tell(`${name}.stop`, { reason: reason === 'normal' ? 'method' : 'close' })
      }),
    )
    void Promise.resolve().then(() => {
      if (!isOn) return
      this.#tell(`${name}.initialize`)
      this.#tell(`${name}.connect`, { addr: pairOf((client as { url?: string }).url ?? ''), sock: null })
      this.#tell(`${name}.start`)
      this.#tell(`${name}.handshakecomplete`)
    })
    this.#listen(
      client,
      (_, { id, value }) => this.#tell(`${name}.send`, { pid: id, data: value }),
      (pid, msg) => this.#tell(`${name}.recv`, { pid, msg }),
    )
  }

  #listen(
    source: BusServer | BusClient,
    sent: Tap,
    received: (id: number, value: object, from: unknown) => void,
  ): void {
    const hub = hubOf(source)
    if (!hub) return
    this.#offs.push(
      hub.taps.add(sent),
      hub.onAny(({ id, value }, from) => received(id, value, from)),
    )
  }
}

/**
 * Tells of a server or a client under peng3dnet's names, for a program that listens to these.
 *
 * ```ts
 * eventBus(server).on('peng3dnet:server.connection.close', ({ client, reason }) => console.log(client, reason))
 * eventBus(server, { bus: game.events, enabled: 'auto' })
 * ```
 *
 * A server is given before its `start()`, a client when `connect` has resolved. Programs of one's own take `server.on`, `client.on` and `messages.on`, which have types.
 */
export function eventBus(source: BusServer | BusClient, options: EventBusOptions = {}): EventBus {
  const { enabled = true, bus } = options
  if (enabled !== 'auto' && typeof enabled !== 'boolean')
    throw new UsageError(`eventBus(…, { enabled }) is true, false or 'auto', not ${String(enabled)}.`)
  if (bus && typeof bus.emit !== 'function') throw new UsageError('eventBus(…, { bus }) takes an object with emit().')
  return new EventBus(source, options)
}

/** Null where it takes no messages. */
function hubOf(source: BusServer | BusClient): Pick<Hub<any>, 'onAny' | 'taps'> | null {
  try {
    return source.messages.hub
  } catch {
    return null
  }
}

/** Host and port of an url; null where it has none. */
function pairOf(url: string): readonly [string, number] | null {
  const [, host, port] = /^[^:/]+:\/\/(\[[^\]]*\]|[^:/]+):(\d+)/.exec(url) ?? []
  return host === undefined ? null : [host.replace(/^\[|\]$/g, ''), Number(port)]
}
