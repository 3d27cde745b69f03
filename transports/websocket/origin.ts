/** Which web pages may connect: browsers send the page's origin with the upgrade, and let any page connect anywhere. */
import { UsageError } from '../../lib/base/errors.ts'
import type { UpgradeRequest } from './host.ts'

/** Origins like `https://game.example`, `'null'`, or `'*'` for all; or a function that decides. */
export type Origins = readonly string[] | '*' | ((origin: string | undefined, request: UpgradeRequest) => boolean)

/**
 * The check that `origins` stands for. Clients that send no origin are no web pages and pass, unless a function decides.
 *
 * Without `origins`: pages from the host that the connection itself names, whatever its port, and pages from this very
 * machine (localhost), which only its own user can serve. With a list: exactly those.
 * @param maker the function in whose options the caller finds these, for error texts.
 */
export function originCheck(origins: Origins | undefined, maker = 'websocket'): (request: UpgradeRequest) => boolean {
  if (typeof origins === 'function') return request => origins(request.headers.origin, request)
  if (origins === '*' || origins?.includes('*')) return () => true
  if (!origins) return request => request.headers.origin === undefined || isOwn(request.headers.origin, request)
  const allowed = new Set(origins.map(origin => normalize(origin, maker)))
  return ({ headers: { origin } }) => origin === undefined || allowed.has(origin.toLowerCase())
}

function normalize(origin: string, maker: string): string {
  const bare = origin.toLowerCase().replace(/\/$/, '')
  if (bare !== 'null' && !/^[a-z][a-z0-9+.-]*:\/\/[^/?#]+$/.test(bare))
    throw new UsageError(`${maker}({ origins }): write an origin like 'https://game.example', not '${origin}'.`)
  return bare.replace(/^(https:\/\/.*):443$|^(http:\/\/.*):80$/, '$1$2')
}

function isOwn(origin: string, request: UpgradeRequest): boolean {
  const page = hostname(origin)
  if (page === null) return false
  return isLoopback(page) || page === hostname(`http://${request.headers.host ?? ''}`)
}

function hostname(url: string): string | null {
  if (!URL.canParse(url)) return null
  return new URL(url).hostname || null
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
