/** Behind proxies: whose word on a connection's address counts, and what it says. */
import { BlockList, isIP } from 'node:net'
import { UsageError } from '../lib/base/errors.ts'
import { logWarning } from '../lib/base/log.ts'
import { plainAddress } from './plain-address.ts'

/** What a listener behind proxies is told. */
export interface ProxyOptions {
  /**
   * The proxies before it, as addresses (`'127.0.0.1'`, `'::1'`) and networks (`'10.0.0.0/8'`); `'unix'` for those that come by a Unix socket. Of a connection from one of them the header tells
   * the client's address; what others claim is ignored. @default none
   */
  readonly trustedProxies?: readonly string[]
  /** The header that these proxies write. The other one is ignored: proxies pass on what clients put into it. @default 'x-forwarded-for' */
  readonly proxyHeader?: 'x-forwarded-for' | 'forwarded'
}

/** As much of a request as tells whence it comes. */
export interface Arrival {
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Proxies that a header may name; what is further to the left nobody reads. */
const MOST_HOPS = 32

/**
 * The address of each request's client, as plain as can be: one that IPv6 wraps is given as the IPv4 address that it is.
 *
 * The header is read from the right, where the nearest proxy has written, and the first address counts that is no proxy's. At a word that is no address
 * the reading ends: what stands before it is anybody's.
 * @param maker the function in whose options the caller finds these, for error texts.
 * @throws UsageError for what is no address or network.
 */
export function addressReader(options: ProxyOptions, maker: string): (arrival: Arrival) => string {
  const { trustedProxies = [], proxyHeader = 'x-forwarded-for' } = options
  if (proxyHeader !== 'x-forwarded-for' && proxyHeader !== 'forwarded')
    throw new UsageError(
      `${maker}({ proxyHeader }) is 'x-forwarded-for' or 'forwarded', not ${JSON.stringify(proxyHeader)}.`,
    )
  const proxies = new BlockList()
  for (const place of trustedProxies) if (place !== 'unix') addTo(proxies, place, maker)
  const trustsSockets = trustedProxies.includes('unix')
  const isProxy = (address: string): boolean => proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  const warned = new Set<boolean>()
  /** Of machines near by, which may well be proxies, and of others, which may write what they like: once each. */
  const warn = (peer: string | null): void => {
    const isNear = peer === null || isOwnNetwork(peer)
    if (warned.has(isNear)) return
    warned.add(isNear)
    const header = proxyHeader === 'forwarded' ? 'Forwarded' : 'X-Forwarded-For'
    const [from, write] = peer === null ? ['a Unix socket', "'unix'"] : [peer, `'${peer}'`]
    logWarning(
      `the header ${header} came from ${from}, which trustedProxies does not name: all players behind it count as one address. ` +
        `Is that your proxy? ${maker}({ trustedProxies: [${write}] }). If not, a client has made the header up, and nothing is wrong.`,
    )
  }
  const hops = proxyHeader === 'forwarded' ? forwardedFor : (header: string) => header.split(',')

  return ({ socket, headers }) => {
    const peer = socket.remoteAddress === undefined ? null : plain(socket.remoteAddress)
    if (peer === null ? !trustsSockets : !isProxy(peer)) {
      if (headers[proxyHeader] !== undefined) warn(peer)
      return peer ?? 'unknown'
    }
    let last = peer ?? 'unknown'
    const said = hops([headers[proxyHeader] ?? ''].flat().join(','))
    for (const hop of said.slice(-MOST_HOPS).reverse()) {
      const address = addressIn(hop)
      if (address === null) break
      last = address
      if (!isProxy(address)) break
    }
    return last
  }
}

const ownNetworks = new BlockList()
for (const [address, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
] as const)
  ownNetworks.addSubnet(address, bits, 'ipv4')
for (const [address, bits] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  ownNetworks.addSubnet(address, bits, 'ipv6')

const isOwnNetwork = (address: string): boolean =>
  ownNetworks.check(address.replace(/%.*$/, ''), isIP(address) === 6 ? 'ipv6' : 'ipv4')

function addTo(proxies: BlockList, place: string, maker: string): void {
  const [address = '', bits, ...more] = String(place).split('/')
  const version = isIP(address)
  const most = version === 6 ? 128 : 32
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1
  if (version === 0 || address.includes('%') || more.length > 0 || length < 0 || length > most)
    throw new UsageError(
      `${maker}({ trustedProxies }): write addresses like '127.0.0.1', networks like '10.0.0.0/8', or 'unix', not ${JSON.stringify(place)}.`,
    )
  proxies.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4')
}

/** `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]:4711`; null for anything else. */
function addressIn(hop: string): string | null {
  const text = hop.trim()
  const [, inBrackets, , bare] = /^(?:\[([\da-f:.]+)\](:\d{1,5})?|(\d+\.\d+\.\d+\.\d+):\d{1,5})$/i.exec(text) ?? []
  const address = inBrackets ?? bare ?? text
  return isIP(address) === 0 || address.includes('%') || (inBrackets && isIP(address) !== 6) ? null : plain(address)
}

const plain = (address: string): string => plainAddress(address.toLowerCase())

/**
 * What the elements of a `Forwarded` header say of `for` (RFC 7239); '' where one says nothing. Commas count in quotes, too: no address has one, and a quote that a client leaves open must not
 * swallow what a proxy wrote behind it.
 */
function forwardedFor(header: string): string[] {
  return header.split(',').map(element => {
    const [, quoted, token] =
      /(?:^|;)\s*for=(?:"([^"]*)"|([^\s;"]*))\s*(?:;|$)/i.exec(element.slice(0, 512).trim()) ?? []
    return quoted ?? token ?? ''
  })
}
