/** Sends clients on to other servers of the deployment, with their account and context, and takes those who come from there. docs/transfer.md. */
import type { Clock } from '../../base/clock.ts'
import { Disconnected, UsageError } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'
import { CloseReason } from '../../protocol/close.ts'
import { putTransfer } from '../../protocol/messages.ts'
import { isPlainJson, type Passenger, Tickets, type TransferOptions } from '../../session/ticket.ts'
import { checkZone } from '../zone-number.ts'
import type { Authority } from './authority.ts'
import type { RemoteClient } from './client.ts'

/** Options of `client.transfer`. */
export interface TransferTo {
  /** Where its avatar starts there; null for no zone. Default: where a stored one was last, else as that server has it. */
  readonly zone?: number | null
  /** The client's `data` there; plain JSON. Default: what it has here. */
  readonly data?: unknown
}

export interface TransfersOptions {
  readonly transfer?: TransferOptions
  readonly clock: Clock
  readonly random: Random
}

export class Transfers {
  readonly #authority: Authority
  readonly #tickets: Tickets | null
  readonly #leaving = new Set<RemoteClient>()

  constructor(authority: Authority, { transfer, clock, random }: TransfersOptions) {
    this.#authority = authority
    this.#tickets = transfer ? new Tickets(transfer, clock, random, text => authority.emit('warning', { text })) : null
  }

  /** Whether clients may come with tickets. */
  get takes(): boolean {
    return this.#tickets !== null
  }

  /** Who comes with a ticket. @throws Reject for one that is not good. */
  take(ticket: string): Passenger {
    return this.#tickets!.take(ticket)
  }

  async send(client: RemoteClient, url: string, { zone, data = client.data }: TransferTo): Promise<void> {
    const tickets = this.#tickets
    if (!tickets)
      throw new UsageError(
        'client.transfer() needs a key that the other server has too: createServer({ transfer: { key } }).',
      )
    if (typeof url !== 'string' || !/^[a-z][a-z0-9+.-]*:/i.test(url))
      throw new UsageError(`client.transfer() takes the url of the other server, not ${JSON.stringify(url)}.`)
    if (zone != null) checkZone(zone)
    if (this.#leaving.has(client)) throw new UsageError(`Client ${client.id} is being transferred already.`)
    this.#mustBeThere(client)
    this.#checkLuggage(client, data)
    this.#leaving.add(client)
    // If it comes back.
    const place = client.avatar ? client.avatar.zone : (client.zones[Symbol.iterator]().next().value ?? null)
    const back = { zone: place, data: client.data }
    try {
      const avatar = await this.#unload(client)
      this.#mustBeThere(client)
      this.#checkLuggage(client, data)
      const account = {
        ...(client.account !== null && { id: client.account }),
        ...(avatar !== null && { avatar }),
        ...(zone !== undefined && { zone }),
        ...(data !== undefined && { data }),
      }
      const ticket = tickets.write({ account, context: client.context }, back)
      client.outbox.write(w => putTransfer(w, { url, ticket }))
      client.kick('transferred')
    } catch (error) {
      // Its avatar has gone: it cannot stay as if nothing had happened.
      if (client.avatarBody?.deleted && client.isHere)
        client.kick('server-error', 'The transfer to another server failed.')
      throw error
    } finally {
      this.#leaving.delete(client)
    }
  }

  /** Takes a stored avatar out of the game, when all of it is durable, and gives its stored id; null where there is none. */
  async #unload(client: RemoteClient): Promise<string | null> {
    const body = client.avatarBody
    if (!body || body.deleted || !body.storedId) return null
    // The most of it while it plays on.
    await body.saved()
    if (!client.connected || body.deleted) return body.storedId
    this.#authority.delete(body, false)
    await body.saved()
    return body.storedId
  }

  #mustBeThere(client: RemoteClient): void {
    if (client.connected) return
    const reason = client.isHere ? 'its connection is lost' : 'it has gone'
    throw new Disconnected(`Client ${client.id} cannot be transferred: ${reason}.`, CloseReason.lost, 'lost')
  }

  #checkLuggage({ context }: RemoteClient, data: unknown): void {
    for (const [name, value] of [
      ['context', context],
      ['data', data],
    ] as const)
      if (value !== undefined && !isPlainJson(value))
        throw new UsageError(`client.transfer() takes ${name} along as JSON: it holds something else, or is too deep.`)
  }
}
