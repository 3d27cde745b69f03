/** The configuration of a peng3dnet program, key by key, as options of a server and a client here. docs/coming-from/peng3dnet.md has the table. */
import { UsageError } from '../base/errors.ts'
import { type Address, formatAddress, type Place, parseAddress } from './address.ts'
import type { MessagesOptions } from './options.ts'

/** Every key, with what it may be. */
export interface SettingValues {
  'net.server.addr': Address | null
  'net.server.addr.host': string
  'net.server.addr.port': number
  'net.client.addr': Address | null
  'net.client.addr.host': string
  'net.client.addr.port': number
  'net.compress.enabled': boolean
  'net.compress.threshold': number
  'net.compress.level': number
  'net.encrypt.enabled': boolean
  'net.ssl.enabled': boolean
  'net.ssl.force': boolean
  'net.ssl.cafile': string | null
  'net.ssl.server.force_verify': boolean
  'net.ssl.server.certfile': string | null
  'net.ssl.server.keyfile': string | null
  'net.ssl.client.check_hostname': boolean
  'net.ssl.client.force_verify': boolean
  'net.events.enable': boolean | 'auto'
  'net.debug.print.recv': boolean
  'net.debug.print.send': boolean
  'net.debug.print.connect': boolean
  'net.debug.print.close': boolean
  'net.registry.autosync': boolean
  'net.registry.missingpacketaction': 'closeconnection' | 'ignore'
}

export type SettingKey = keyof SettingValues

/** Some of the keys, as a layer has them. Keys that do not begin with `net.` are the game's own, and passed over. */
export type SettingLayer = { readonly [K in SettingKey]?: SettingValues[K] | undefined } & {
  readonly [key: string]: unknown
}

interface Known<K extends SettingKey> {
  readonly preset: SettingValues[K]
  readonly isValid: (value: unknown) => boolean
  /** In words, for errors. */
  readonly takes: string
  /** What does the same here, as the table of the docs has it. */
  readonly here: string
  /** It cannot be set to anything else than its default. */
  readonly isFixed?: true
}

const flag = { isValid: (value: unknown) => typeof value === 'boolean', takes: 'true or false' }
const host = { isValid: (value: unknown) => typeof value === 'string', takes: 'a host' }
const port = { isValid: whole(0, 65_535), takes: 'a whole number from 0 to 65535' }
const file = { isValid: (value: unknown) => value === null || typeof value === 'string', takes: 'a path or null' }
const address = {
  isValid: (value: unknown) => value === null || typeof value === 'string' || typeof value === 'object',
  takes: "null, 'host:port' or [host, port]",
}
const print = { ...flag, preset: false, isFixed: true } as const
const tls = '`tls` of the transport'

/** All keys with their defaults, and what they are here. */
export const knownSettings: { readonly [K in SettingKey]: Known<K> } = {
  'net.server.addr': { ...address, preset: null, here: '`settings().listen`' },
  'net.server.addr.host': { ...host, preset: '0.0.0.0', here: '`settings().listen.host`' },
  'net.server.addr.port': { ...port, preset: 8080, here: '`settings().listen.port`' },
  'net.client.addr': { ...address, preset: null, here: '`settings().url()`' },
  'net.client.addr.host': { ...host, preset: 'localhost', here: '`settings().url()`' },
  'net.client.addr.port': { ...port, preset: 8080, here: '`settings().url()`' },
  'net.compress.enabled': { ...flag, preset: true, here: '`compression`, or `compression: false`' },
  'net.compress.threshold': {
    isValid: whole(0, Number.MAX_SAFE_INTEGER),
    takes: 'a whole number of bytes',
    preset: 8192,
    here: '`compression: { threshold }`',
  },
  'net.compress.level': {
    isValid: whole(1, 9),
    takes: 'a whole number from 1 to 9',
    preset: 6,
    here: '`compression: { level }` of the server',
  },
  'net.encrypt.enabled': { ...flag, preset: false, isFixed: true, here: tls },
  'net.ssl.enabled': { ...flag, preset: false, isFixed: true, here: tls },
  'net.ssl.force': { ...flag, preset: true, isFixed: true, here: 'always: `node:tls` is there' },
  'net.ssl.cafile': { ...file, preset: null, isFixed: true, here: '`tls: { ca }`' },
  'net.ssl.server.force_verify': { ...flag, preset: true, isFixed: true, here: '`tls: { requestCert: true }`' },
  'net.ssl.server.certfile': { ...file, preset: null, isFixed: true, here: '`tls: { cert }`' },
  'net.ssl.server.keyfile': { ...file, preset: null, isFixed: true, here: '`tls: { key }`' },
  'net.ssl.client.check_hostname': { ...flag, preset: false, isFixed: true, here: 'always checked' },
  'net.ssl.client.force_verify': { ...flag, preset: false, isFixed: true, here: 'always checked' },
  'net.events.enable': {
    isValid: value => value === 'auto' || typeof value === 'boolean',
    takes: "true, false or 'auto'",
    preset: 'auto',
    here: '`eventBus(…, { enabled })`',
  },
  'net.debug.print.recv': { ...print, here: '`messages.onAny`' },
  'net.debug.print.send': { ...print, here: 'middleware with `send`' },
  'net.debug.print.connect': { ...print, here: "`server.on('connect')`" },
  'net.debug.print.close': { ...print, here: "`on('close')`" },
  'net.registry.autosync': { ...flag, preset: true, here: '`messages([…], { autosync })`' },
  'net.registry.missingpacketaction': {
    isValid: value => value === 'closeconnection' || value === 'ignore',
    takes: 'closeconnection or ignore',
    preset: 'closeconnection',
    here: '`messages([…], { missing })`: `close` or `ignore`',
  },
}

/** What a configuration says, and the options that it comes to. */
export class Settings {
  readonly #layers: readonly SettingLayer[]

  constructor(layers: readonly SettingLayer[]) {
    for (const layer of layers) for (const [key, value] of Object.entries(layer)) check(key, value)
    this.#layers = layers
  }

  /** The value of the last layer that has one, else the default. @throws UsageError for a key that there is not. */
  get<K extends SettingKey>(key: K): SettingValues[K] {
    const { preset } = knownAt(key)
    const layer = this.#layers.findLast(layer => Object.hasOwn(layer, key) && layer[key] !== undefined)
    return layer ? (layer[key] as SettingValues[K]) : (preset as SettingValues[K])
  }

  /** The same with one more layer, which wins. */
  with(layer: SettingLayer): Settings {
    return new Settings([...this.#layers, layer])
  }

  /** Where the server listens: `websocket(settings().listen)`. @throws UsageError for an address that cannot be used. */
  get listen(): Place {
    return this.#place('server')
  }

  /** Where the client connects to: `connect(settings().url(), …)`. @throws UsageError for an address that cannot be used. */
  url(scheme = 'ws'): string {
    return `${scheme}://${formatAddress(this.#place('client'))}`
  }

  /** For `createServer`. */
  get server(): { readonly compression: { readonly threshold: number; readonly level: number } | false } {
    const [threshold, level] = [this.get('net.compress.threshold'), this.get('net.compress.level')]
    return { compression: this.get('net.compress.enabled') && { threshold, level } }
  }

  /** For `connect`. The platform has but one level. */
  get client(): { readonly compression: { readonly threshold: number } | false } {
    return { compression: this.get('net.compress.enabled') && { threshold: this.get('net.compress.threshold') } }
  }

  /** For `messages([...])`. */
  get messages(): Required<Pick<MessagesOptions, 'autosync' | 'missing'>> {
    const missing = this.get('net.registry.missingpacketaction') === 'ignore' ? 'ignore' : 'close'
    return { autosync: this.get('net.registry.autosync'), missing }
  }

  /** For `eventBus(…, { enabled })`. */
  get events(): boolean | 'auto' {
    return this.get('net.events.enable')
  }

  /** The whole address where there is one, else its host; the port of its own where it names none. */
  #place(side: 'server' | 'client'): Place {
    const port = this.get(`net.${side}.addr.port`)
    const whole = this.get(`net.${side}.addr`)
    return parseAddress(whole ?? [this.get(`net.${side}.addr.host`), port], port)
  }
}

/**
 * Reads a peng3dnet configuration in layers: later ones win, and what none of them has is as peng3dnet has it.
 *
 * ```ts
 * const net = settings(defaults, { 'net.server.addr': 'localhost:7200', 'net.compress.threshold': 1024 })
 * createServer({ classes: [], messages: messages([Say], net.messages), transports: [websocket(net.listen)], ...net.server })
 * ```
 *
 * @throws UsageError for a `net.` key that there is not, for a value that it does not take, and for a key of `net.ssl`, `net.encrypt` or `net.debug` that is set to something else than its default: the error names what does that here.
 */
export function settings(...layers: readonly SettingLayer[]): Settings {
  return new Settings(layers)
}

function knownAt(key: string): Known<SettingKey> {
  if (Object.hasOwn(knownSettings, key)) return knownSettings[key as SettingKey] as Known<SettingKey>
  throw new UsageError(`There is no setting ${key}. docs/coming-from/peng3dnet.md lists all.`)
}

function check(key: string, value: unknown): void {
  if (!key.startsWith('net.') || value === undefined) return
  const { isValid, takes, isFixed, preset, here } = knownAt(key)
  if (!isValid(value)) throw new UsageError(`The setting ${key} is ${takes}, not ${JSON.stringify(value)}.`)
  if (isFixed && value !== preset)
    throw new UsageError(`The setting ${key} has no effect here. In its place: ${here.replaceAll('`', '')}.`)
}

function whole(least: number, most: number): (value: unknown) => boolean {
  return value => Number.isInteger(value) && (value as number) >= least && (value as number) <= most
}
