/**
 * Clients whose connection was lost and who may come back: for how long, by which token, and what they find. While a client is away its frames gather in its
 * session's log; where that overflows it falls asleep (asleep.ts). Rule 26 of docs/guarantees.md.
 */
import { toHex } from '../../base/hex.ts'
import type { Random } from '../../base/random.ts'
import { Frame } from '../../link/transport.ts'
import { type CloseName, CloseReason, closeName, isLoss } from '../../protocol/close.ts'
import { closeText } from '../../protocol/close-text.ts'
import type { Resume } from '../../protocol/messages.ts'
import { FrameLog } from '../../session/frame-log.ts'
import type { ServerSession } from '../../session/server-session.ts'
import { ask, tellAfresh, wake } from './afresh.ts'
import type { Authority } from './authority.ts'
import { Away } from './away.ts'
import type { RemoteClient } from './client.ts'
import { LANDED } from './flights.ts'
import { headFor } from './flush.ts'
import { owe } from './slow-clients.ts'

/** Bytes of chance in a token. */
const tokenBytes = 18

export interface AbsencesOptions {
  readonly random: Random
  /** False where the server has stopped. */
  readonly isRunning: () => boolean
  /** Takes leave of a client for good. */
  readonly leave: (client: RemoteClient, code: number, text: string) => void
}

export class Absences {
  readonly #authority: Authority
  readonly #options: AbsencesOptions
  /** Of each client the token that it has, and until it confirms that it has the next one, that too. */
  readonly #byToken = new Map<string, RemoteClient>()

  constructor(authority: Authority, options: AbsencesOptions) {
    this.#authority = authority
    this.#options = options
  }

  /** What a new client needs to come back: empty where it could not. */
  offer(client: RemoteClient): { readonly token: string; readonly windowMs: number; readonly log: FrameLog | null } {
    const { resumeMs, resumeBytes } = this.#authority.limits
    if (!client.session.resumes || !(resumeMs > 0)) return { token: '', windowMs: 0, log: null }
    const token = this.#newToken(client)
    client.tokens.push(token)
    return { token, windowMs: Math.ceil(resumeMs), log: new FrameLog(resumeBytes) }
  }

  /** A connection has ended. True where its client is waited for. */
  keep(client: RemoteClient, code: number, text: string): boolean {
    const { session } = client
    if (!client.isHere || !isLoss(code) || !session.log || !this.#options.isRunning()) return false
    const authority = this.#authority
    const { clock, limits, absent, slow } = authority
    const timer = clock.after(limits.resumeMs, () => this.expel(client, code, text))
    client.away = new Away(code, text, clock.now(), timer, limits.resumeBytes)
    absent.add(client)
    // What is under way to it, answers among it, is kept whatever comes.
    const frame = client.outbox.drainSoFar(headFor(authority, client))
    if (frame) client.deliver(frame)
    session.log.hold(alone)
    // It is spared what a slow client is.
    if (!client.slow) {
      client.slow = client.isSparedQuietly = true
      slow.add(client)
    }
    oweFlights(client)
    authority.emit('lost', { client, code, reason: closeName(code) })
    return true
  }

  /** The client has the token that it was given last: the one before is of no use to anybody any more. */
  confirm({ tokens }: RemoteClient): void {
    while (tokens.length > 1) this.#byToken.delete(tokens.shift()!)
  }

  /** Goes on with a client's session over another connection. */
  resume(session: ServerSession<RemoteClient>, { token, heard }: Resume): void {
    const authority = this.#authority
    const client = this.#byToken.get(token)
    // Its old connection may not have noticed yet that nobody is there.
    if (client?.connected && client.session !== session) client.session.drop()
    const away = client?.away
    if (!client || !away || !client.isHere || !this.#options.isRunning()) return session.close('session-over')
    const older = client.session
    const log = older.log!
    if (heard > log.sent)
      return session.violate({ reason: 'malformed', detail: `a resume behind ${heard} frames of ${log.sent}` })
    const isWhole = log.holds(heard)
    const fresh = away.asleep || !isWhole
    const asked = fresh ? ask(authority, client) : null
    // That ran code of the game.
    if (client.away !== away || session.state === 'closed') return session.close('session-over')
    if (fresh) wake(authority, client, away)
    away.timer.cancel()
    client.away = null
    authority.absent.delete(client)
    // Of two that it may have, it has shown which.
    for (const known of client.tokens) if (known !== token) this.#byToken.delete(known)
    const next = this.#newToken(client)
    client.tokens.splice(0, client.tokens.length, token, next)
    const sent = isWhole ? heard : log.sent
    log.ack(sent)
    log.release()
    client.session = session
    session.client = client
    session.resume(older, next, sent, fresh)
    changeWire(client)
    const awayMs = authority.clock.now() - away.at
    // As for all its calls, so for fields with a rate: it says now what it could not say meanwhile.
    authority.rates?.grant(client.rates, awayMs)
    const { graceMs } = authority.limits
    // What it says now it has said of what it saw then.
    if (fresh || awayMs > graceMs / 2) client.forgive(authority.clock.now() + graceMs)
    if (asked) tellAfresh(authority, client, asked, away.answers)
    if (fresh) authority.posts.messages?.awake(client)
    authority.touchClient(client)
    authority.emit('resumed', { client, awayMs, fresh, address: client.address })
  }

  /** Ends the wait for a client. */
  expel(client: RemoteClient, reason: CloseName | number, text?: string): void {
    const code = typeof reason === 'number' ? reason : CloseReason[reason]
    if (client.away) this.#options.leave(client, code, text ?? closeText(code))
  }

  /** Nobody is waited for any more. */
  stop(reason: CloseName | number, text?: string): void {
    for (const client of [...this.#authority.absent]) this.expel(client, reason, text)
  }

  /** The client has gone for good. */
  forget(client: RemoteClient): void {
    client.away?.timer.cancel()
    client.away = null
    this.#authority.absent.delete(client)
    for (const token of client.tokens.splice(0)) this.#byToken.delete(token)
  }

  #newToken(client: RemoteClient): string {
    const token = toHex(this.#options.random.bytes(tokenBytes))
    this.#byToken.set(token, client)
    return token
  }
}

/** A frame in bytes of its own: others of the same slab have been freed long since. */
function alone(frame: Frame): Frame {
  return frame.room === 0 ? frame : new Frame(frame.bytes.slice())
}

/** What went to it as datagrams may have been lost, and will not be confirmed to it. */
function oweFlights(client: RemoteClient): void {
  if (!client.datagrams) return
  for (const zone of client.watched.keys()) {
    const from = zone.datagrams?.watchers.get(client) ?? Number.POSITIVE_INFINITY
    for (const body of zone.members)
      for (const call of body.newest ?? [])
        if (call && call.flownAt !== LANDED && call.flownIn >= from && call.spared !== client)
          owe(client, body, call.field)
  }
}

/** The new connection may have datagrams where the old one had none, or the other way round. */
function changeWire(client: RemoteClient): void {
  const datagrams = client.session.channel.datagrams ?? null
  const zones =
    (client.datagrams === null) === (datagrams === null)
      ? []
      : [...client.watched.keys()].filter(zone => zone.watchers.has(client))
  for (const zone of zones) zone.dismiss(client)
  client.datagrams = datagrams
  for (const zone of zones) zone.admit(client)
}
