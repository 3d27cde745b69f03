/** How a connection becomes a client: login, its account and avatar, the zone that it starts in. Rules 24, 26, 27 and 30 of docs/guarantees.md. */
import { ConnectionFailed, Reject, StoreError, TimedOut, UsageError } from '../../base/errors.ts'
import { isThenable } from '../../base/thenable.ts'
import type { NetworkObjectClass } from '../../schema/network-class.ts'
import { type Account, Accounts } from '../../session/login.ts'
import type { ServerSession } from '../../session/server-session.ts'
import type { Passenger } from '../../session/ticket.ts'
import type { Visitors } from '../../session/visitors.ts'
import { checkZone } from '../zone-number.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import { type Client, RemoteClient } from './client.ts'
import { abandon, announce, celebrate, conceive, enterWithAvatar, typeOf } from './life.ts'

type Session = ServerSession<RemoteClient>

export interface AdmissionOptions {
  readonly avatar?: NetworkObjectClass
  readonly login?: (credentials: any, client: { readonly address: string }) => Account | void | Promise<Account | void>
  /** The game's word on a client that comes from another server. */
  readonly onTransfer?:
    | ((passenger: Passenger, client: { readonly address: string }) => boolean | void | Promise<boolean | void>)
    | undefined
  readonly loginName?: (credentials: any) => string | number | null | undefined
  readonly zone: number | null
  readonly doubleLogin?: (older: Client, address: string) => 'close-older' | 'refuse-newer'
  readonly maxClients: number
}

export class Admission {
  readonly #authority: Authority
  readonly #options: AdmissionOptions
  readonly #accounts = new Accounts<RemoteClient>()
  /** Those for whom something is being loaded, by account. */
  readonly #arriving = new Map<string | number, Session>()
  readonly #visitors: Visitors
  /** Those who come from another server, or back. */
  readonly #passengers = new WeakMap<Session, Passenger>()
  /** Clients that have a place and wait for what is loaded for them. */
  #coming = 0
  #lastClient = 0

  constructor(authority: Authority, options: AdmissionOptions, visitors: Visitors) {
    this.#authority = authority
    this.#options = options
    this.#visitors = visitors
  }

  login(session: Session, credentials: unknown): void {
    const { login } = this.#options
    if (!login) return this.#admit(session, {})
    this.#decide(session, this.#nameOf(credentials), () => login(credentials, { address: session.channel.address }))
  }

  /** A client comes from another server. */
  ticket(session: Session, ticket: string): void {
    const { transfers } = this.#authority
    const { onTransfer } = this.#options
    this.#decide(session, null, () => {
      if (!transfers.takes) throw new Reject('The ticket is not good.')
      const passenger = transfers.take(ticket)
      const admit = (word: boolean | void): Account => {
        if (word === false) throw new Reject('This server does not take the client.')
        this.#passengers.set(session, passenger)
        return passenger.account
      }
      const word = onTransfer?.(passenger, { address: session.channel.address })
      return isThenable(word) ? (word as Promise<boolean | void>).then(admit) : admit(word as boolean | void)
    })
  }

  /** @param decide says who it is. @param name whose login it is, for those that fail. */
  #decide(
    session: Session,
    name: string | number | null,
    decide: () => Account | void | PromiseLike<Account | void>,
  ): void {
    const { channel } = session
    const visitors = this.#visitors
    const seconds = visitors.wait(channel, name)
    if (seconds > 0) return session.close('rate', `Too many logins have failed. Try again in ${seconds} s.`)
    const done = visitors.decide(channel)
    if (!done) return session.close('too-many-connections', tooManyLogins)
    let decided: Account | void | PromiseLike<Account | void>
    const granted = (account: Account | void): void => {
      done()
      visitors.succeeded(channel, name)
      this.#admit(session, account ?? {})
    }
    // Counted also where the connection has ended meanwhile: else nobody would wait for the answer to a guess.
    const refused = (error: unknown): void => {
      done()
      if (error instanceof Reject && error.reason !== busy) visitors.failed(channel, name)
      this.#refuse(session, error, couldNotAsk(error))
    }
    try {
      decided = decide()
    } catch (error) {
      return refused(error)
    }
    if (!isThenable(decided)) return granted(decided as Account | void)
    decided.then(granted, refused)
  }

  /** Whose login it is, as the game reads that; whatever is wrong with the credentials, `login` says. */
  #nameOf(credentials: unknown): string | number | null {
    try {
      const name: unknown = this.#options.loginName?.(credentials)
      return typeof name === 'string' || typeof name === 'number' ? name : null
    } catch {
      return null
    }
  }

  /** The client has gone: its account is free. */
  release(client: RemoteClient): void {
    this.#accounts.release(client.account, client)
  }

  /** @param isOurs nobody could decide, whoever knocks: it may well try again. */
  #refuse(session: Session, error: unknown, isOurs = false): void {
    if (error instanceof Reject) return session.close('invalid-login', error.reason)
    this.#authority.emit('error', { error, where: 'login', object: null, field: null })
    // No fault of the one who knocks: it may well try again.
    if (error instanceof StoreError && error.kind === 'retryable')
      return session.close('server-error', 'The server cannot reach its store now.')
    if (isOurs) return session.close('server-error', 'The server cannot check logins now.')
    session.close('invalid-login', 'The server could not check the login.')
  }

  #admit(session: Session, account: Account): void {
    if (session.state === 'closed') return
    const older = this.#accounts.holder(account)
    if (older) {
      // One that is away may be the same player, who has begun anew.
      if (older.connected && this.#refusesNewer(older, session.channel.address)) return session.close('double-login')
      older.kick('double-login')
      // Whoever heard of that may have stopped the server.
      if (isOver(session)) return
    }
    // Whoever takes its own place over has one.
    const isAwaited = account.id != null && this.#arriving.has(account.id)
    if (!isAwaited && this.#authority.clients.size + this.#coming >= this.#options.maxClients)
      return session.close('server-full')
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
    this.#coming++
    const arrived = (): boolean => {
      this.#coming--
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
    const passenger = this.#passengers.get(session)
    Object.assign(client.context, passenger?.context)
    this.#accounts.claim(account, client)
    authority.clients.set(client.id, client)
    try {
      if (avatar) client.avatarBody = revived ?? conceive(authority, typeOf(authority, avatar))
      const body = client.avatarBody
      const { log, ...offer } = authority.absences.offer(client)
      const names = session.talks ? authority.posts.messages?.welcome(client) : null
      session.welcome(
        { clientId: client.id, ...offer, avatar: body?.id ?? 0, zone, serverTime: authority.clock.now() },
        log,
        names,
      )
      if (body) announce(authority, body, zone, client)
      enterWithAvatar(authority, client, zone)
      if (body) celebrate(authority, body)
    } catch (error) {
      authority.emit('error', { error, where: 'avatar', object: null, field: null })
      if (client.avatarBody && !client.avatarBody.announced) abandon(authority, client.avatarBody)
      return session.close('invalid-login', 'The server could not make an avatar.')
    }
    // A hook may have thrown it out again.
    if (client.isHere) authority.emit('connect', { client, returned: passenger?.returned === true })
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

/** The reason of a login that was refused, but not for its credentials. */
const busy = 'busy'

const tooManyLogins = 'The server is busy with other logins. Try again in a moment.'

/** What a login throws that could not reach whom it asks, or was set up wrong. */
const couldNotAsk = (error: unknown): boolean =>
  error instanceof ConnectionFailed || error instanceof TimedOut || error instanceof UsageError

const isOver = (session: Session): boolean => session.state === 'closed'
