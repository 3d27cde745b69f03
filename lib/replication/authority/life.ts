/** How objects come, move, change hands and go, and who is told. Rules 20 to 23 of docs/guarantees.md. */
import type { Writer } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { putLeave, putZone } from '../../protocol/messages.ts'
import * as Op from '../../protocol/opcodes.ts'
import { describe } from '../../schema/codec/misfit.ts'
import type { NetworkClass, NetworkObjectClass } from '../../schema/network-class.ts'
import { attach, type NetworkObject } from '../../schema/network-object.ts'
import { checkZone } from '../zone-number.ts'
import type { Authority } from './authority.ts'
import { Body } from './body.ts'
import { withWriter } from './call-arguments.ts'
import { missingRequired } from './class-checks.ts'
import type { RemoteClient } from './client.ts'
import { settleHeld } from './held-calls.ts'
import { askIn, open } from './interest.ts'
import type { Stored } from './persistence.ts'
import { type Asked, askGetters, enterMessage, ownersPart } from './snapshot.ts'
import type { Zone } from './zone.ts'

/** An object that exists for the server alone so far: fields may be sent on it, nobody is told. */
export function conceive(
  authority: Authority,
  type: NetworkClass,
  id?: number,
  stored: (() => Stored) | null = null,
): Body {
  const given = id ?? authority.ids.next()
  if (!Number.isInteger(given) || given < 1 || given > 0xffffffff)
    throw new UsageError(`An object id is a whole number from 1 to 4294967295, not ${String(id)}.`)
  if (!authority.ids.isFree(given))
    throw new UsageError(`The object id ${given} is in use, or was a moment ago. Leave it out: the server finds one.`)
  const object = new type.construct()
  const body = new Body(authority.archetype(type), object, given)
  if (stored) body.use().stored = stored()
  attach(object, body)
  authority.bodies.add(body)
  return body
}

/** Takes back an object that was never announced. */
export function abandon(authority: Authority, body: Body, forGood = false): void {
  if (body.deleted) return
  if (body.activity?.stored) authority.persistence.gone(body, forGood)
  body.vanish()
  authority.bodies.delete(body.id)
}

/** Announces an object to its owner and to those who watch its zone; an avatar's owner is told with its zone. @throws UsageError for a Required value that is missing. */
export function announce(authority: Authority, body: Body, zone: number | null, owner: RemoteClient | null): void {
  const missing = missingRequired(body)
  if (missing)
    throw new UsageError(
      `${missing.path} is Required, but the new object has no value for it. ${
        body === owner?.avatarBody
          ? `An avatar needs a default, @field(flags, { default: [...] }), or a getter.`
          : `Send it in create's second argument, object => object.send.${missing.name}(...).`
      }`,
    )
  const told = body.activity?.start
  const start = told === undefined ? zone : told
  const ownersOwn = owner !== null && body !== owner.avatarBody
  // Getters may ask whose the object is.
  body.ownedBy = owner
  const asked = ownersOwn || isWatched(authority, start) ? askGetters(authority, body) : []
  if (body.deleted)
    throw new UsageError(`Object ${body.id} (${body.type.name}) was deleted while it was being created.`)
  if (owner && !owner.isHere)
    throw new UsageError(`The owner of object ${body.id} (${body.type.name}) disconnected while it was being created.`)
  body.appear()
  owner?.owned.add(body)
  if (start !== null) {
    const place = authority.zone(start)
    body.inZone = place
    place.members.add(body)
    tellWatchersOfEnter(authority, body, place, asked)
  }
  if (body.activity?.stored) authority.persistence.appeared(body)
  if (ownersOwn) tellEnter(authority, body, owner, asked)
}

function isWatched(authority: Authority, zone: number | null): boolean {
  return zone !== null && (authority.zoneIfAny(zone)?.watchers.size ?? 0) > 0
}

/** What the game is told of an object that has been announced. */
export function celebrate(authority: Authority, body: Body): void {
  authority.hook(body, 'onEnter')
  if (body.ownedBy && !body.deleted) authority.hook(body, 'onOwnerGained')
  authority.emit('create', { object: body.object })
}

function tellWatchersOfEnter(authority: Authority, body: Body, zone: Zone, asked: Asked): void {
  if (zone.watchers.size === 0) return
  const owner = body.ownedBy
  if (!body.archetype.snapshot.isShared) {
    for (const watcher of zone.watchers) if (watcher !== owner) tellEnter(authority, body, watcher, asked)
    return
  }
  const message = enterMessage(authority, body, { asOwner: false, viewer: null }, asked)
  authority.touchZone(zone)
  if (owner && zone.watchers.has(owner)) owner.outbox.without(zone, () => zone.stream.append(message))
  else zone.stream.append(message)
}

function tellEnter(authority: Authority, body: Body, client: RemoteClient, asked: Asked): void {
  settleHeld(authority, body)
  const message = enterMessage(authority, body, { asOwner: body.ownedBy === client, viewer: client }, asked)
  client.outbox.personal().append(message)
  authority.touchClient(client)
}

/** Moves an object. Resolves when, for an avatar that its client follows, the new zone has been handed over. */
export function enterZone(authority: Authority, body: Body, zone: number | null): Promise<void> {
  if (zone !== null) checkZone(zone)
  if (!body.announced && !body.deleted) {
    body.use().start = zone
    return Promise.resolve()
  }
  alive(body)
  const asked = body.zone !== zone && isWatched(authority, zone) ? askGetters(authority, body) : []
  alive(body)
  const old = body.inZone
  const owner = body.ownedBy
  const follows = authority.follow && owner?.avatarBody === body
  if (old?.id !== (zone ?? undefined)) {
    const unaware = authority.openings.awaiting(body)
    settleHeld(authority, body)
    const place = zone === null ? null : authority.zone(zone)
    old?.members.delete(body)
    place?.members.add(body)
    body.inZone = place
    if (body.activity?.stored) authority.persistence.moved(body)
    const move = message(w => {
      w.u8(Op.Move)
      w.varint(body.id)
      putZone(w, zone)
    })
    const leave = leaveMessage(body, false)
    const now = authority.clock.now()
    for (const watcher of old?.watchers ?? []) {
      if (watcher === owner || unaware.has(watcher)) continue
      const stays = place?.watchers.has(watcher)
      watcher.outbox.personal().append(stays ? move : leave)
      if (!stays) {
        watcher.leftView.remember(body.id, now)
        watcher.owed.delete(body)
      }
      authority.touchClient(watcher)
    }
    for (const watcher of place?.watchers ?? []) {
      if (watcher !== owner && (!old?.watchers.has(watcher) || unaware.has(watcher)))
        tellEnter(authority, body, watcher, asked)
    }
    if (owner) {
      owner.outbox.personal().append(move)
      authority.touchClient(owner)
    }
    authority.emit('zone', { object: body.object, from: old?.id ?? null, to: zone })
    if (old) authority.releaseZone(old)
  }
  return follows && body.ownedBy === owner && body.zone === zone && !body.deleted
    ? authority.watch(owner, 'set', zone === null ? [] : [zone])
    : Promise.resolve()
}

/** Gives an object to another client, or to nobody: the old owner is told first, then the new one, then the others. */
export function changeOwner(authority: Authority, body: Body, to: RemoteClient | null): void {
  if (!body.announced && !body.deleted)
    throw new UsageError(
      `Object ${body.id} (${body.type.name}) is still being created: name its owner in create's third argument, { owner }.`,
    )
  alive(body)
  if (body.ownedBy === to) return
  const asked = to
    ? askGetters(authority, body, knows(authority, to, body) ? body.archetype.snapshot.ownersFields : undefined)
    : []
  alive(body)
  if (to && !to.isHere)
    throw new UsageError(`Client ${to.id}, which is to own object ${body.id} (${body.type.name}), has disconnected.`)
  const from = body.ownedBy
  if (from === to) return
  settleHeld(authority, body)
  const watchers = body.inZone?.watchers
  const toSaw = to !== null && knows(authority, to, body)
  const now = authority.clock.now()
  body.ownedBy = to
  from?.owned.delete(body)
  to?.owned.add(body)
  if (body.activity?.stored) authority.persistence.owned(body, from, to)
  const change = message(w => {
    w.u8(Op.Owner)
    w.varint(body.id)
    w.varint(to?.id ?? 0)
  })
  if (from) {
    from.leftHands.remember(body.id, now)
    authority.openings.lose(from, body)
    if (watchers?.has(from)) from.outbox.personal().append(change)
    else {
      from.leftView.remember(body.id, now)
      from.owed.delete(body)
      from.outbox.personal().append(leaveMessage(body, false))
    }
    authority.touchClient(from)
  }
  if (to) {
    if (toSaw) {
      const part = ownersPart(authority, body, to, asked)
      // First what it may see from now on, so that onOwnerGained finds it.
      if (part) to.outbox.personal().append(part)
      to.outbox.personal().append(change)
    } else tellEnter(authority, body, to, asked)
    authority.touchLast(to)
  }
  for (const watcher of watchers ?? []) {
    if (watcher === from || watcher === to) continue
    watcher.outbox.personal().append(change)
    authority.touchClient(watcher)
  }
  // Last: hooks are the game's code, which may delete the object or give it on.
  if (from) authority.hook(body, 'onOwnerLost')
  if (to && body.ownedBy === to && !body.deleted) authority.hook(body, 'onOwnerGained')
  authority.emit('owner', { object: body.object, from, to })
}

/** Whether a client sees an object and has been told of it. */
function knows(authority: Authority, client: RemoteClient, body: Body): boolean {
  return client.sees(body) && !authority.openings.awaits(client, body)
}

/** Takes an object from everybody: for good, or from memory alone, so that it can be loaded again. */
export function destroy(authority: Authority, body: Body, forGood: boolean): void {
  if (body.deleted) return
  if (!body.announced) return abandon(authority, body, forGood)
  const { inZone: zone, ownedBy: owner } = body
  settleHeld(authority, body)
  if (body.activity?.stored) authority.persistence.gone(body, forGood)
  zone?.members.delete(body)
  body.vanish()
  authority.bodies.delete(body.id)
  authority.ids.retire(body.id)
  const now = authority.clock.now()
  if (zone) {
    if (zone.watchers.size > 0) {
      zone.stream.append(leaveMessage(body, true))
      authority.touchZone(zone)
      for (const watcher of zone.watchers) {
        watcher.leftView.remember(body.id, now)
        watcher.owed.delete(body)
      }
    }
    authority.releaseZone(zone)
  }
  if (owner) {
    owner.owned.delete(body)
    owner.owed.delete(body)
    owner.leftView.remember(body.id, now)
    if (!zone?.watchers.has(owner)) {
      owner.outbox.personal().append(leaveMessage(body, true))
      authority.touchClient(owner)
    }
  }
  authority.hook(body, 'onLeave')
  authority.emit('delete', { object: body.object })
  // Whoever still holds the object sees that it is nobody's and nowhere.
  body.ownedBy = null
  body.inZone = null
}

/** The avatar of a client that has just been welcomed, with its zone. */
export function enterWithAvatar(authority: Authority, client: RemoteClient, zone: number | null): void {
  const avatar = client.avatarBody
  if (zone !== null) {
    const asked = askIn(authority, [zone])
    const place = authority.zone(zone)
    // A getter may have opened it already.
    if (client.isHere && !client.watches(place)) {
      open(authority, client, [place], asked && avatar, asked)
      // In a large zone the avatar comes by itself.
      if (asked && avatar?.zone === zone) return
    } else authority.releaseZone(place)
  }
  if (!avatar) return
  const asked = askGetters(authority, avatar)
  if (client.sees(avatar)) tellEnter(authority, avatar, client, asked)
}

/** The class that a constructor stands for on this server. @throws UsageError naming those that it knows. */
export function typeOf(authority: Authority, construct: NetworkObjectClass): NetworkClass {
  const type = authority.schema.classOf(construct)
  if (type) return type
  if (typeof construct !== 'function') throw new UsageError(`A class was expected, not ${describe(construct)}.`)
  const known = [...authority.schema.classes.values()].map(({ construct: { name } }) => name).join(', ')
  throw new UsageError(
    `${construct.name} is not among this server's classes (${known}). Pass it to createServer({ classes: [...] }).`,
  )
}

function alive(body: Body): void {
  if (body.deleted) throw new UsageError(`Object ${body.id} (${body.type.name}) has been deleted.`)
}

function leaveMessage(body: Body, deleted: boolean): Uint8Array {
  return message(w => putLeave(w, body.id, deleted))
}

function message(put: (w: Writer) => void): Uint8Array {
  return withWriter(w => {
    put(w)
    return w.slice()
  })
}

/** Creates an object for the game. */
export function create(
  authority: Authority,
  construct: NetworkObjectClass,
  init: ((object: NetworkObject) => void) | undefined,
  options: CreateOptions,
): NetworkObject {
  const type = typeOf(authority, construct)
  const { zone = null, owner = null } = options
  if (zone !== null) checkZone(zone)
  const client = authority.remote(owner)
  if (client && !client.isHere) throw new UsageError('The owner of a new object must be connected.')
  const { persistent = false, id } = options
  const body = conceive(
    authority,
    type,
    id,
    persistent ? () => authority.persistence.begin(authority.ids.stored()) : null,
  )
  try {
    init?.(body.object)
    announce(authority, body, zone, client)
  } catch (error) {
    if (!body.announced) abandon(authority, body)
    throw error
  }
  celebrate(authority, body)
  return body.object
}

export interface CreateOptions {
  /** The zone that the object starts in. Default: none, where only its owner sees it. */
  readonly zone?: number | null
  /** Default: none. */
  readonly owner?: { readonly id: number } | null
  /** Gives the object a stored id. Default false. */
  readonly persistent?: boolean
  /** A certain dynamic id. Default: the next free one. */
  readonly id?: number
}
