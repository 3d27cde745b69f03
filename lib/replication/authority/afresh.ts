/** What a client is told that has come back and had missed more than is kept: everything anew, and what came of its requests. Rule 26 of docs/guarantees.md. */
import * as Op from '../../protocol/opcodes.ts'
import type { Authority } from './authority.ts'
import type { Away } from './away.ts'
import type { Body } from './body.ts'
import type { RemoteClient } from './client.ts'
import { resolveHanded } from './flush.ts'
import { type AskedIn, askIn, open } from './interest.ts'
import { type Asked, askGetters, writeEnter } from './snapshot.ts'

/** What getters gave for all that a client is to be told anew. */
export interface AskedAnew {
  readonly inZones: AskedIn
  readonly own: ReadonlyMap<Body, Asked>
}

/** Asks them; the game's code, which may change everything. */
export function ask(authority: Authority, client: RemoteClient): AskedAnew {
  const inZones = askIn(authority, [...client.zones])
  return { inZones, own: new Map([...client.owned].map(body => [body, askGetters(authority, body)])) }
}

/** Before a client is told everything anew: nothing that was written for it before is of any use. */
export function wake(authority: Authority, client: RemoteClient, away: Away): void {
  for (const zone of client.watched.keys()) {
    if (away.asleep) zone.sleepers--
    else zone.dismiss(client)
  }
  authority.neglect(client)
  // What waits for it is answered, and the answers are kept.
  authority.openings.drop(client)
  resolveHanded(client)
  client.outbox.begin()
  // What this tick has brought there so far is in the snapshots, or has passed it by.
  for (const zone of client.watched.keys()) client.outbox.startAt(zone)
}

/** Tells a client that has come back all that it is to know, and then what came of its requests. */
export function tellAfresh(
  authority: Authority,
  client: RemoteClient,
  { inZones, own }: AskedAnew,
  answers: readonly Uint8Array[],
): void {
  const { outbox, watched } = client
  const interests = [...watched]
  outbox.write(w => {
    w.u8(Op.Afresh)
    w.u8(0)
    for (const [body, asked] of own)
      if (body.ownedBy === client && body.present)
        writeEnter(authority, w, body, { asOwner: true, viewer: client }, asked)
  })
  open(
    authority,
    client,
    interests.map(([zone]) => zone),
    null,
    inZones,
  )
  for (const [zone, count] of interests) watched.set(zone, count)
  authority.openings.whenWhole(client, () => {
    // It was lost again, and has missed too much.
    if (client.away) for (const answer of answers) client.away.note(w => w.raw(answer))
    for (const answer of answers) outbox.personal().append(answer)
    outbox.write(w => {
      w.u8(Op.Afresh)
      w.u8(1)
    })
    authority.touchClient(client)
  })
}
