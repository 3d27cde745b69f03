/** Where a listener listens, and by what name others reach it: this machine alone, unless `host` says otherwise or NODE_ENV is `production`. */
import { createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { ConnectionFailed } from '../lib/base/errors.ts'

/** This machine, in both families. */
const loopback = ['127.0.0.1', '::1'] as const

/** What a system without IPv6 (or without IPv4) answers to the other family's loopback. */
const noSuchFamily = ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL', 'EPROTONOSUPPORT']

/** How often another port is taken where the system's choice is free in one family alone. */
const TRIES = 8

/** Where a listener is asked to listen. */
export interface Place {
  /** 0 takes any free one. */
  readonly port: number
  /** Undefined: this machine alone, in production all addresses. */
  readonly host: string | undefined
  /** Connections that the system may hold ready. @default Node's, 511 */
  readonly backlog?: number | undefined
}

/** A server that listens, at one address or two. */
export interface Bound {
  readonly port: number
  /** Stops accepting. Resolves when its last connection has ended: those that stand are the caller's to end. */
  close(): Promise<void>
}

/**
 * The addresses that `host` stands for; undefined is Node's own choice, all of them. Without `host`: 127.0.0.1 and ::1, in production all.
 */
export function listenHosts(host: string | undefined): readonly (string | undefined)[] {
  if (host !== undefined) return [host]
  return process.env.NODE_ENV === 'production' ? [undefined] : loopback
}

/**
 * The name by which a url reaches a listener: `localhost` where it listens on this machine alone, an address in the network where it listens on all.
 */
export function hostInUrl(host: string | undefined): string {
  const [first] = listenHosts(host)
  if (host === undefined && first !== undefined) return 'localhost'
  if (first === undefined || first === '0.0.0.0' || first === '::') return ownAddress() ?? 'localhost'
  return first.includes(':') ? `[${first}]` : first
}

/**
 * Has a server of node:net, tls, http or https listen. The second loopback address is served by a server of its own, which hands each connection
 * to the first: `connection` events and timeouts are the first one's.
 *
 * @param maker the function in whose options the caller finds port and host, for error texts.
 * @throws ConnectionFailed that says what to do.
 */
export async function bind(server: Server, place: Place, maker: string): Promise<Bound> {
  const failed = (error: NodeJS.ErrnoException): ConnectionFailed =>
    new ConnectionFailed(whyNot(error, place, maker), { cause: error })
  const [first, second] = listenHosts(place.host)
  for (let tries = TRIES; ; tries--) {
    const missing = await listen(server, place, first).then(
      () => false,
      (error: NodeJS.ErrnoException) => {
        if (second === undefined || !lacksFamily(error)) throw failed(error)
        return true
      },
    )
    if (second === undefined) return boundTo([server])
    if (missing) {
      await listen(server, place, second).catch(error => Promise.reject(failed(error)))
      return boundTo([server])
    }
    const port = portOf(server)
    const other = twin(server)
    try {
      await listen(other, { ...place, port }, second)
      return boundTo([server, other])
    } catch (error) {
      if (lacksFamily(error)) return boundTo([server])
      await closed(server)
      if (place.port !== 0 || tries === 0) throw failed(error as NodeJS.ErrnoException)
    }
  }
}

const lacksFamily = (error: unknown): boolean =>
  noSuchFamily.includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')

/** A server whose connections are those of `server`. */
function twin(server: Server): Server {
  const { allowHalfOpen = false } = server as { allowHalfOpen?: boolean }
  return createServer({ allowHalfOpen, noDelay: true }, socket => server.emit('connection', socket))
}

function listen(server: Server, { port, backlog }: Place, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const wasClosed = (): void => fail(new Error('the server was closed before it listened'))
    const fail = (error: Error): void => {
      server.removeListener('error', fail).removeListener('close', wasClosed)
      reject(error)
    }
    server.once('error', fail).once('close', wasClosed)
    server.listen({ port, ...(host !== undefined && { host }), ...(backlog !== undefined && { backlog }) }, () => {
      server.removeListener('error', fail).removeListener('close', wasClosed)
      resolve()
    })
  })
}

function boundTo(servers: readonly Server[]): Bound {
  // A failed accept (no file descriptor left) is over when one is free again; unheard, it would end the process.
  for (const server of servers) server.on('error', () => {})
  return {
    port: portOf(servers[0]!),
    close: async () => {
      await Promise.all(servers.map(closed))
    },
  }
}

const closed = (server: Server): Promise<void> => new Promise(resolve => server.close(() => resolve()))

function portOf(server: Server): number {
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

/** Of several networks, the first. */
function ownAddress(): string | undefined {
  try {
    return Object.values(networkInterfaces())
      .flat()
      .find(found => found?.family === 'IPv4' && !found.internal)?.address
  } catch {
    // Some sandboxes do not tell.
    return undefined
  }
}

/** What a wire with sockets of its own rejects with where it cannot listen. */
export function listenFailure(error: NodeJS.ErrnoException, place: Place, maker: string): ConnectionFailed {
  return new ConnectionFailed(whyNot(error, place, maker), { cause: error })
}

function whyNot(error: NodeJS.ErrnoException, { port, host }: Place, maker: string): string {
  const where = `port ${port}${host === undefined ? '' : ` of ${host}`}`
  switch (error.code) {
    case 'EADDRINUSE':
      return `Cannot listen: ${where} is in use. Stop the program that holds it, or choose another port: ${maker}({ port }).`
    case 'EACCES':
      return `Cannot listen: ${where} needs rights that this process lacks. Choose a port above 1023: ${maker}({ port }).`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `Cannot listen: ${host} is no address of this machine. Leave out { host }, or name one that is.`
    default:
      return `Cannot listen on ${where}: ${error.message}`
  }
}
