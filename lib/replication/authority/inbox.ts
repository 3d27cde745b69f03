/** What clients ask for: reads their messages and starts what each means. */
import type { Reader } from '../../base/bytes.ts'
import { MalformedError, Reject } from '../../base/errors.ts'
import { isThenable } from '../../base/thenable.ts'
import { getWindow, type WatchMode, watchModes } from '../../protocol/messages.ts'
import * as Op from '../../protocol/opcodes.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import type { RemoteClient } from './client.ts'
import { clientCall } from './client-call.ts'
import { type CreateHook, createForClient } from './client-create.ts'
import { settleHeld } from './held-calls.ts'
import { numberedCall } from './numbered-calls.ts'
import { askGetters, enterMessage } from './snapshot.ts'
import { takeCall } from './toll.ts'

/** What the game says to clients' wishes. */
export interface Wishes {
  /** Whether a client may watch a zone that it asks for. */
  readonly canWatch: (client: RemoteClient, zone: number) => boolean | Promise<boolean>
  readonly onCreateRequest?: CreateHook
}

/** Most zones that one Watch may name. */
const maxZones = 4096

/** Reads one message from the frame and does what it says. */
export function receive(authority: Authority, wishes: Wishes, client: RemoteClient, op: number, r: Reader): void {
  switch (op) {
    case Op.Call:
      return call(authority, client, 0, r)
    case Op.Request:
      return call(authority, client, requestNumber(r), r)
    case Op.Create:
      return createForClient(authority, wishes.onCreateRequest, client, requestNumber(r), r)
    case Op.Delete:
      return remove(authority, client, r.varint())
    case Op.Watch:
      return watch(authority, wishes, client, requestNumber(r), r)
    case Op.Fetch:
      return fetch(authority, client, r.varint())
    case Op.Message:
      if (authority.posts.messages) return authority.posts.messages.receive(client, r)
      throw new MalformedError('A message came, and this server takes none.')
    case Op.Confirm:
      return numberedCall(authority, client, r.varint(), true, r)
    default:
      // What follows an unknown message cannot be told apart.
      throw new MalformedError(`There is no message 0x${op.toString(16)}.`)
  }
}

function requestNumber(r: Reader): number {
  const request = r.varint()
  if (request === 0) throw new MalformedError('Requests are numbered from 1.')
  return request
}

function call(authority: Authority, client: RemoteClient, request: number, r: Reader): void {
  const key = r.varint()
  const object = r.varint()
  const end = getWindow(r)
  const { bytes, end: frameEnd } = r
  r.end = end
  clientCall(authority, client, key, object, request, r)
  // Whatever came of the call, the next message starts behind it.
  r.reset(bytes, end, frameEnd)
}

/** The object that a wish names, if the client sees it; else tells of a race or a violation. */
function visible(authority: Authority, client: RemoteClient, id: number, wish: string): Body | null {
  const body = authority.bodies.get(id)
  if (body && client.sees(body)) return body
  if (client.leftView.has(id, authority.clock.now()))
    authority.emit('dropped', { client, object: id, field: null, why: 'left-view' })
  else
    authority.violate(
      client,
      { reason: body ? 'not-visible' : 'no-object', detail: `${wish} of object ${id}` },
      id,
      null,
    )
  return null
}

function remove(authority: Authority, client: RemoteClient, id: number): void {
  if (client.standing?.level === 'quarantined')
    return authority.emit('dropped', { client, object: id, field: null, why: 'quarantined' })
  const body = visible(authority, client, id, 'a delete')
  if (!body) return
  if (body.ownedBy === client && body.type.declaration.options.clientDelete) authority.delete(body)
  else if (client.leftHands.has(id, authority.clock.now()))
    authority.emit('dropped', { client, object: id, field: null, why: 'not-owner-any-more' })
  else
    authority.violate(
      client,
      { reason: 'no-permission', detail: `a delete of object ${id} (${body.type.name})` },
      id,
      null,
    )
}

function watch(authority: Authority, wishes: Wishes, client: RemoteClient, request: number, r: Reader): void {
  const mode = watchModes[r.u8()]
  const count = r.varint()
  if (!mode || count > maxZones || count > r.remaining) throw new MalformedError('A wish for zones is none.')
  const zones = new Set<number>()
  for (let i = 0; i < count; i++) {
    const zone = r.varint()
    if (zone > 0xffffffff) throw new MalformedError(`${zone} is no zone.`)
    zones.add(zone)
  }
  const refuse = (reason: string): void => authority.refuse(client, request, reason)
  for (let left = priceOf(authority, client, zones); left > 0; left--) {
    const obstacle = takeCall(client)
    if (obstacle === null) continue
    if (obstacle === 'quarantined') return refuse(obstacle)
    if (authority.violate(client, { reason: 'rate', detail: 'too many wishes for zones' }, null, null) === 'ignore')
      refuse('rate')
    return
  }
  const decide = (): Promise<void> | undefined => grantOrRefuse(authority, wishes, client, request, mode, [...zones])
  // Wishes are decided one after the other, so that the last one stands.
  if (client.wishes >= authority.limits.waitingCalls) return refuse('busy')
  const pending = client.wishes > 0 ? client.lastWish.then(decide) : decide()
  if (!pending) return
  client.wishes++
  client.lastWish = pending.finally(() => {
    client.wishes--
  })
}

/** How many zones of a wish, and how many objects to be told of, count as one call; and the most that the objects of a wish count. */
const zonesPerCall = 16
const objectsPerCall = 256
const mostForObjects = 50

/** What a wish costs, in calls: the game is asked for each zone, and whoever goes in and out of a large one again and again has all of it told each time. */
function priceOf(authority: Authority, client: RemoteClient, zones: Iterable<number>): number {
  let count = 0
  let objects = 0
  for (const id of zones) {
    count++
    const zone = authority.zoneIfAny(id)
    if (zone && !client.watches(zone)) objects += zone.members.size
  }
  return Math.max(1, Math.ceil(count / zonesPerCall), Math.min(mostForObjects, Math.floor(objects / objectsPerCall)))
}

/** Asks the game for what the client does not watch yet. Gives a promise where the game takes its time; it never rejects. */
function grantOrRefuse(
  authority: Authority,
  wishes: Wishes,
  client: RemoteClient,
  request: number,
  mode: WatchMode,
  zones: readonly number[],
): Promise<void> | undefined {
  const watched = new Set(client.zones)
  const wanted = mode === 'delete' ? [] : zones.filter(zone => !watched.has(zone))
  const count = mode === 'set' ? zones.length : wanted.length + watched.size
  const refuse = (reason: string): void => authority.refuse(client, request, reason)
  if (mode !== 'delete' && count > authority.limits.watchedZones) return void refuse('too-many-zones')
  const failed = (error: unknown): void => {
    if (error instanceof Reject) return refuse(error.reason)
    authority.emit('error', { error, where: 'canWatch', object: null, field: null })
    refuse('error')
  }
  const settle = (verdicts: readonly boolean[]): void => {
    if (!verdicts.every(verdict => verdict === true)) return refuse('hidden-zone')
    void authority.watch(client, mode, zones)
    // Counted as long as it waits: answers to come are bounded like wishes to be decided.
    client.wishes++
    const watched = (): void =>
      authority.openings.whenWhole(client, () => {
        client.wishes--
        authority.answer(client, request, null)
      })
    if (!client.waking) return watched()
    client.waking.then(watched, () => {
      client.wishes--
      refuse('error')
    })
  }
  const verdicts: (boolean | PromiseLike<boolean>)[] = []
  try {
    for (const zone of wanted) verdicts.push(wishes.canWatch(client, zone))
  } catch (error) {
    // Those that were asked before have an answer still to come, which nobody waits for.
    for (const verdict of verdicts) if (isThenable(verdict)) verdict.then(undefined, () => {})
    return void failed(error)
  }
  if (!verdicts.some(isThenable)) return void settle(verdicts as boolean[])
  return Promise.all(verdicts).then(settle).catch(failed)
}

/** A client that lost an object asks for it again. */
function fetch(authority: Authority, client: RemoteClient, id: number): void {
  const obstacle = takeCall(client)
  if (obstacle === 'quarantined') return authority.emit('dropped', { client, object: id, field: null, why: obstacle })
  if (obstacle !== null) return void authority.violate(client, { reason: 'rate', detail: 'too many fetches' }, id, null)
  const body = visible(authority, client, id, 'a fetch')
  if (!body) return
  const asked = askGetters(authority, body)
  if (!client.sees(body)) return
  settleHeld(authority, body)
  const message = enterMessage(authority, body, { asOwner: body.ownedBy === client, viewer: client }, asked)
  client.outbox.personal().append(message)
  authority.touchClient(client)
}
