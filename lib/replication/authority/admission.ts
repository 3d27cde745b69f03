/** How a connection becomes a client: login, its account and avatar, the zone that it starts in. Rules 24, 26, 27 and 30 of docs/guarantees.md. */
import { Reject, StoreError, UsageError } from '../../base/errors.ts'
import { isThenable } from '../../base/thenable.ts'
import type { NetworkObjectClass } from '../../schema/network-class.ts'
import { type Account, Accounts } from '../../session/login.ts'
import type { ServerSession } from '../../session/server-session.ts'
import { checkZone } from '../zone-number.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import { type Client, RemoteClient } from './client.ts'
import { abandon, announce, celebrate, conceive, enterWithAvatar, typeOf } from './life.ts'

type Session = ServerSession<RemoteClient>

export interface AdmissionOptions {
  readonly avatar?: NetworkObjectClass
  readonly login?: (credentials: any, client: { readonly address: string }) => Account | void | Promise<Account | void>
  readonly zone: number | null
  readonly doubleLogin?: (older: Client, address: string) => 'close-older' | 'refuse-newer'
}

export class Admission {
  readonly #authority: Authority
  readonly #options: AdmissionOptions
  readonly #accounts = new Accounts<RemoteClient>()
  /** Those for whom something is being loaded, by account. */
  readonly #arriving = new Map<string | number, Session>()
  #lastClient = 0

  constructor(authority: Authority, options: AdmissionOptions) {
    this.#authority = authority
    this.#options = options
  }

  login(session: Session, credentials: unknown): void {
    const { address } = session.channel
    let decided: Account | void | PromiseLike<Account | void>
    try {
      decided = this.#options.login?.(credentials, { address })
    } catch (error) {
      return this.#refuse(session, error)
    }
    if (!isThenable(decided)) return this.#admit(session, (decided as Account | undefined) ?? {})
    decided.then(
      account => this.#admit(session, (account as Account | undefined) ?? {}),
      error => this.#refuse(session, error),
    )
  }

  /** The client has gone: its account is free. */
  release(client: RemoteClient): void {
    this.#accounts.release(client.account, client)
  }

  #refuse(session: Session, error: unknown): void {
    if (error instanceof Reject) return session.close('invalid-login', error.reason)
    this.#authority.emit('error', { error, where: 'login', object: null, field: null })
    // No fault of the one who knocks: it may well try again.
    if (error instanceof StoreError && error.kind === 'retryable')
      return session.close('server-error', 'The server cannot reach its store now.')
    session.close('invalid-login', 'The server could not check the login.')
  }

  #admit(session: Session, account: Account): void {
    if (session.state === 'closed') return
    const older = this.#accounts.holder(account)
    if (older) {
      if (this.#refusesNewer(older, session.channel.address)) return session.close('double-login')
      older.kick('double-login')
      // Whoever heard of that may have stopped the server.
      if (isOver(session)) return
    }
    try {
      const zone = this.#zoneOf(account, null)
      if (zone !== null) checkZone(zone)
      const preparing = this.#prepare(session, account)
      if (account.id != null) this.#arriving.get(account.id)?.close('double-login')
      if (preparing) this.#await(session, account, preparing)
      // Whoever heard of that may have stopped the server.
      else if (!isOver(session)) this.#enter(session, account, null)
    } catch (error) {
      this.#refuse(session, error)
    }
  }

  /** What has to be loaded first, with the avatar that it gives; null where nothing has. */
  #prepare(session: Session, account: Account): Promise<Body | null> | null {
    const { persistence } = this.#authority
    const wake = (avatar: Body | null): Promise<void> | null => {
      const zone = this.#zoneOf(account, avatar)
      return zone === null ? null : persistence.awaken([zone])
    }
    const { avatar: id } = account
    if (id === undefined) return wake(null)?.then(() => null) ?? null
    const { avatar } = this.#options
    if (!avatar || !persistence.stores)
      throw new UsageError(
        `login gave the stored avatar ${id}, but the server has no ${avatar ? 'store' : 'avatar class'}. Give it one in createServer.`,
      )
    const revived = persistence.revive(id, typeOf(this.#authority, avatar), () => !isOver(session))
    return revived.then(async body => {
      try {
        if (body) await wake(body)
      } catch (error) {
        // Else nobody could take it any more.
        if (body) abandon(this.#authority, body)
        throw error
      }
      return body
    })
  }

  /** Where several connections of one account wait, the newest stays. */
  #await(session: Session, account: Account, preparing: Promise<Body | null>): void {
    const arriving = this.#arriving
    const { id } = account
    if (id != null) arriving.set(id, session)
    const arrived = (): boolean => {
      if (id != null && arriving.get(id) === session) arriving.delete(id)
      return !isOver(session)
    }
    preparing.then(
      body => {
        if (arrived()) this.#enter(session, account, body)
        else if (body) abandon(this.#authority, body)
      },
      error => {
        if (arrived()) this.#refuse(session, error)
      },
    )
  }

  #zoneOf(account: Account, avatar: Body | null): number | null {
    return account.zone !== undefined ? account.zone : (avatar?.activity?.stored?.zone ?? this.#options.zone)
  }

  /** @param revived its avatar from the store. */
  #enter(session: Session, account: Account, revived: Body | null): void {
    const authority = this.#authority
    const { avatar } = this.#options
    const zone = this.#zoneOf(account, revived)
    const client = new RemoteClient(authority, session, ++this.#lastClient, account)
    session.client = client
    this.#accounts.claim(account, client)
    authority.clients.set(client.id, client)
    try {
      if (avatar) client.avatarBody = revived ?? conceive(authority, typeOf(authority, avatar))
      const body = client.avatarBody
      session.welcome({
        clientId: client.id,
        token: '',
        avatar: body?.id ?? 0,
        zone,
        serverTime: authority.clock.now(),
      })
      if (body) announce(authority, body, zone, client)
      enterWithAvatar(authority, client, zone)
      if (body) celebrate(authority, body)
    } catch (error) {
      authority.emit('error', { error, where: 'avatar', object: null, field: null })
      if (client.avatarBody && !client.avatarBody.announced) abandon(authority, client.avatarBody)
      return session.close('invalid-login', 'The server could not make an avatar.')
    }
    // A hook may have thrown it out again.
    if (client.connected) authority.emit('connect', { client })
  }

  #refusesNewer(older: RemoteClient, address: string): boolean {
    try {
      return this.#options.doubleLogin?.(older, address) === 'refuse-newer'
    } catch (error) {
      this.#authority.emit('error', { error, where: 'doubleLogin', object: null, field: null })
      return false
    }
  }
}

const isOver = (session: Session): boolean => session.state === 'closed'
