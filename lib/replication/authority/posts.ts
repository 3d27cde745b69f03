/**
 * Messages beside the objects, on their way to clients: what one is sent in a turn leaves as one frame at its end, or as several where it is much; all share them who are sent the same.
 * They keep their own order, and overtake calls that wait for the tick.
 */
import { UsageError } from '../../base/errors.ts'
import type { ClientTalk, Line, Obstacle, ServerSeat } from '../../messages/contract.ts'
import { Rope } from '../../messages/rope.ts'
import type { ServerMessages } from '../../messages/server-messages.ts'
import type { Authority } from './authority.ts'
import type { RemoteClient } from './client.ts'
import { takeCall } from './toll.ts'

const nothing = new Uint8Array(0)

/** Of what streams send: most that waits on a client's wire, and that it has not acknowledged, bytes. The rest of both is for everything else. */
const mostBuffered = 32 << 10
const mostUnderway = 128 << 10

/** Messages of one turn leave in one frame, unless they grow past this. */
const frameBytes = 256 << 10

export class Posts {
  readonly #authority: Authority
  /** Null where the server takes no messages. */
  messages: ServerMessages<RemoteClient> | null = null
  /** The beginning of whatever is sent in this turn. */
  #start = new Rope(nothing)
  readonly #due = new Map<RemoteClient, Rope>()
  #flushing = false

  constructor(authority: Authority) {
    this.#authority = authority
  }

  /** What a server's messages need of it. */
  seat(): ServerSeat<RemoteClient> {
    const authority = this.#authority
    const { clock, clients, limits } = authority
    return {
      clock,
      clients,
      mostWaiting: limits.waitingCalls,
      rates: limits,
      connectionType: client => client.session.connectionType,
      line: client => this.#line(client),
      failed: (error, where) => authority.emit('error', { error, where, object: null, field: null }),
    }
  }

  /** @throws UsageError where the server takes no messages. */
  get taken(): ServerMessages<RemoteClient> {
    if (this.messages) return this.messages
    throw new UsageError('This server takes no messages: createServer({ messages: messages([...]) }) does.')
  }

  /** @throws UsageError, as above, and for a client that takes none. */
  of(client: RemoteClient): ClientTalk {
    return this.taken.talkOf(client)
  }

  /** Sends a client what it is owed, ahead of the end of the turn. */
  handOver(client: RemoteClient): void {
    const rope = this.#due.get(client)
    this.#due.delete(client)
    if (rope) this.#deliver(client, rope)
  }

  #line(client: RemoteClient): Line {
    return {
      send: message => this.#send(client, message),
      close: (reason, text) => client.session.close(reason, text),
      violate: violation => void this.#authority.violate(client, violation, null, null),
      charge: () => this.#charge(client),
      answer: message => {
        client.away?.note(w => w.raw(message))
        return this.#send(client, message)
      },
      room: () => this.#room(client),
    }
  }

  #room(client: RemoteClient): number {
    const { away, budget, isHere, session } = client
    if (away || !isHere) return 0
    const room = Math.min(
      Math.min(mostBuffered, Math.max(this.#authority.limits.backlogBytes / 2, 1)) - session.channel.buffered,
      mostUnderway - (session.log?.cost ?? 0),
      budget?.left(this.#authority.clock.now()) ?? Number.POSITIVE_INFINITY,
    )
    return room - (this.#due.get(client)?.length ?? 0)
  }

  #charge(client: RemoteClient): Obstacle | null {
    const obstacle = takeCall(client)
    if (obstacle === 'rate')
      this.#authority.violate(client, { reason: obstacle, detail: 'too many messages' }, null, null)
    return obstacle
  }

  #send(client: RemoteClient, message: Uint8Array): boolean {
    if (!client.isHere || client.asleep || client.session.log?.isOver) return false
    const rope = this.#due.get(client)
    if (rope && rope.length + message.length > frameBytes) this.handOver(client)
    this.#due.set(client, (this.#due.get(client) ?? this.#start).with(message))
    if (this.#flushing) return true
    this.#flushing = true
    this.#authority.clock.soon(() => this.flush())
    return true
  }

  /** Sends what all are owed. */
  flush(): void {
    this.#flushing = false
    this.#start = new Rope(nothing)
    for (const [client, rope] of this.#due) {
      // First, for code of the game may run then, and send more.
      this.#due.delete(client)
      this.#deliver(client, rope)
    }
  }

  #deliver(client: RemoteClient, { frame }: Rope): void {
    const { session } = client
    if (session.state !== 'closed' && session.overflows()) return
    client.budget?.spend(frame.bytes.length)
    client.deliver(frame)
  }
}
