/** Hosts and ports as people write them: read, checked, and put into one form. */
import { UsageError } from '../base/errors.ts'

/** Where somebody listens. */
export interface Place {
  /** In lower case, with an IPv6 address in its shortest form and without brackets, and a name of other letters as a resolver is asked for it. */
  readonly host: string
  /** 0 to 65,535. A server takes any free port for 0. */
  readonly port: number
}

/** `'host'`, `'host:port'`, `'[::1]:8080'`, or the two apart. */
export type Address = string | readonly [host: string, port?: number | null] | Place

const mostShown = 80

/**
 * Reads an address.
 *
 * ```ts
 * parseAddress('game.example:7200')     // { host: 'game.example', port: 7200 }
 * parseAddress('[::1]', 7200)           // { host: '::1', port: 7200 }
 * parseAddress(['localhost', 7200])     // { host: 'localhost', port: 7200 }
 * ```
 *
 * @param defaultPort for an address that names none.
 * @throws UsageError that says what is wrong: no host, no port or none that there is, an IPv6 address without brackets, an url, spaces.
 */
export function parseAddress(address: Address, defaultPort = 8080): Place {
  if (typeof address === 'string') return parsed(address, defaultPort)
  const [host, port] = pairOf(address)
  if (typeof host !== 'string') throw fault(host, 'its host is no text.')
  const bare = /^\[(.*)\]$/s.exec(host)?.[1] ?? host
  return { host: hostOf(bare, host), port: portOf(port ?? defaultPort, host) }
}

/** `host:port`, with brackets around an IPv6 address. @throws UsageError as `parseAddress` does. */
export function formatAddress(address: Address, defaultPort = 8080): string {
  const { host, port } = parseAddress(address, defaultPort)
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function pairOf(address: unknown): readonly [unknown, unknown] {
  if (Array.isArray(address) && (address.length === 1 || address.length === 2)) return [address[0], address[1]]
  if (typeof address === 'object' && address !== null && !Array.isArray(address) && 'host' in address)
    return [address.host, 'port' in address ? address.port : undefined]
  throw fault(address, "it is neither 'host:port' nor [host, port].")
}

function parsed(text: string, defaultPort: number): Place {
  if (text.includes('://')) throw fault(text, 'it is an url. Give that to connect(), or host and port alone here.')
  const port = (rest: string): number => {
    if (rest === '') return portOf(defaultPort, text)
    if (!rest.startsWith(':')) throw fault(text, 'a port stands behind a colon.')
    if (rest === ':') throw fault(text, 'there is no port behind the colon.')
    return portOf(/^\d{1,5}$/.test(rest.slice(1)) ? Number(rest.slice(1)) : rest.slice(1), text)
  }
  if (text.startsWith('[')) {
    const end = text.indexOf(']')
    if (end < 0) throw fault(text, 'the bracket of its IPv6 address is not closed: [::1]:8080.')
    const inside = text.slice(1, end)
    if (!inside.includes(':')) throw fault(text, 'what stands in its brackets is no IPv6 address.')
    return { host: hostOf(inside, text), port: port(text.slice(end + 1)) }
  }
  const colon = text.indexOf(':')
  if (colon !== text.lastIndexOf(':')) throw fault(text, 'an IPv6 address stands in brackets: [::1]:8080.')
  if (colon < 0) return { host: hostOf(text, text), port: port('') }
  return { host: hostOf(text.slice(0, colon), text), port: port(text.slice(colon)) }
}

/** @param bare without brackets. */
function hostOf(bare: string, whole: string): string {
  if (bare === '') throw fault(whole, 'it names no host.')
  if (/[\s\p{C}]/u.test(bare)) throw fault(whole, 'there is a space in it.')
  if (bare.includes('%')) throw fault(whole, 'its host has a %: an interface cannot be named here.')
  if (/[/\\?#@|^<>[\]"'`{},;*!$&()=+~]/.test(bare)) throw fault(whole, 'it has more in it than a host and a port.')
  const isSix = bare.includes(':')
  const url = `http://${isSix ? `[${bare}]` : bare}/`
  if (!URL.canParse(url))
    throw fault(whole, isSix ? `${shown(bare)} is no IPv6 address.` : `${shown(bare)} is no host.`)
  const { hostname } = new URL(url)
  if (hostname === '' || hostname.length > 253) throw fault(whole, `${shown(bare)} is no host.`)
  return isSix ? hostname.slice(1, -1) : hostname
}

function portOf(port: unknown, whole: unknown): number {
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port || 0
  throw fault(whole, `its port ${shown(port)} is no whole number from 0 to 65535.`)
}

function shown(what: unknown): string {
  const text = typeof what === 'string' ? JSON.stringify(what) : String(what)
  return text.length > mostShown ? `${text.slice(0, mostShown)}…` : text
}

const fault = (address: unknown, why: string): UsageError =>
  new UsageError(
    `The address ${shown(Array.isArray(address) ? JSON.stringify(address) : address)} cannot be used: ${why}`,
  )
