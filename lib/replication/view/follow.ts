/**
 * Takes a client on to another server, where its own has sent it: the same `Client` object, another world. Loaded when that happens first. Where the other server does not
 * take it, the ticket is a login at the one before, too. docs/transfer.md.
 */
import type { Deferred } from '../../base/deferred.ts'
import type { Dialer } from '../../link/transport.ts'
import type { Transfer } from '../../protocol/messages.ts'
import type { ClientSession } from '../../session/client-session.ts'
import type { Told } from './afresh.ts'
import type { ConnectOptions } from './client.ts'
import type { Outgoing } from './outgoing.ts'
import type { Emit } from './view.ts'

// As in protocol/close.ts, which the first piece has.
const lost = 13
const transferred = 17
const codes: Readonly<Record<string, number>> = { 'timed-out': 9, rejected: 5, 'schema-mismatch': 7 }
const names: Readonly<Record<string, string>> = {
  'timed-out': 'handshake-timeout',
  rejected: 'invalid-login',
  'schema-mismatch': 'schema-mismatch',
}

/** Why a server could not be had. */
interface Failure {
  readonly code?: string
  readonly closeCode?: number
  readonly reason?: string
  readonly message: string
}

type Afresh = Pick<typeof import('./afresh.ts'), 'beginAfresh' | 'endAfresh'>

/** The client that follows. */
export interface Traveller {
  readonly options: ConnectOptions<any>
  readonly emitter: { emit: Emit }
  readonly link: { stop(): void; drop(): void } | undefined
  readonly inbox: Told
  readonly outgoing: Outgoing
  readonly session: ClientSession | null
  /** Where it has been until now. */
  readonly url: string
  readonly dialerOf: ((url: string) => Promise<Dialer>) | undefined
  readonly isReady: boolean
  /** Settles when the avatar and the first zone are in view. */
  opened: Deferred<void>
  /** It is on its way: false once the game has closed it. */
  isMoving: boolean
  /** What it shows in the place of a login. */
  passage: Transfer | null
  open(url: string, dialer: Dialer): Promise<void>
  /** Does something when the game's turn comes. */
  tell(what: () => void): void
  end(code: number, text: string): void
}

/** @param afresh what it would import if bundlers did not cut that into a piece of its own. */
export async function follow(client: Traveller, to: Transfer, afresh: Afresh): Promise<void> {
  const { emitter, inbox, link, outgoing, url: from } = client
  const { requests, flights } = outgoing
  // Perhaps connect() still waits for it.
  const first = client.opened
  /** It travels no more. */
  const stay = (): void => {
    client.isMoving = false
    client.passage = null
    if (client.isReady) first.resolve()
    else client.opened = first
  }
  const end = (code: number, text: string): void => {
    stay()
    requests.reopen()
    client.end(code, text)
  }
  const { beginAfresh, endAfresh } = afresh
  if (!client.isMoving) return
  if (!isAllowed(client, to)) return end(transferred, 'This client does not follow its server to another one.')
  link?.stop()
  flights?.end()
  await new Promise<void>(resolve =>
    client.tell(() => {
      requests.close(transferred)
      link?.drop()
      // As if the server told everything anew, and then nothing.
      beginAfresh(inbox, 0)
      endAfresh(inbox)
      emitter.emit('transfer', { url: to.url })
      resolve()
    }),
  )
  let why: Failure | undefined
  for (const url of [to.url, from]) {
    if (!client.isMoving) return
    try {
      await client.open(url, await client.dialerOf!(url))
      if (client.passage !== to) {
        // Sent on again before it was here: that journey tells the rest. It begins at the end of this connection.
        if (client.passage && client.session?.isOpen) client.isMoving = false
        return first.resolve()
      }
      if (!client.isMoving) return client.session?.close('normal')
      stay()
      const reason = why ? (why.closeCode ? why.reason! : (names[why.code!] ?? why.message)) : null
      return client.tell(() => emitter.emit('transferred', { url, failed: why !== undefined, reason }))
    } catch (error) {
      // As above, and it has failed.
      if (client.passage !== to) return first.reject(error)
      why ??= error as typeof why
    }
  }
  if (client.isMoving) end(why!.closeCode ?? codes[why!.code!] ?? lost, why!.message)
}

function isAllowed({ emitter, options: { transfer = true }, url: from }: Traveller, { url }: Transfer): boolean {
  const schemeOf = (one: string): string => one.slice(0, one.indexOf(':')).toLowerCase()
  if (typeof transfer !== 'function') return transfer && ['ws', 'wss', schemeOf(from)].includes(schemeOf(url))
  try {
    return transfer(url) === true
  } catch (error) {
    emitter.emit('error', { error, where: 'transfer', object: null, field: null })
    return false
  }
}
