/**
 * Calls that wait for the flush of their zone: the newest of each Latest field, every one of an Unreliable field. So a client that cannot keep up
 * does without them, and they leave together: by field, then by object, as batches (docs/protocol.md) in which a call is but the step from the last.
 */
import { Writer } from '../../base/bytes.ts'
import { copyBytes, putBytes } from '../../base/put-bytes.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'
import { type Layout, longestStep, writeDelta } from '../../schema/rare/delta.ts'
import { appendTo } from './append.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import type { RemoteClient } from './client.ts'
import { LANDED, land, launch, payAhead, putBatch } from './flights.ts'
import type { Zone } from './zone.ts'

// The invariant behind steps: where `based` holds, each watcher of the zone has `base`, from the zone's stream or from a snapshot. So whatever becomes
// a kept value without going through a batch, and whatever shows somebody a snapshot while a call waits, has to settle or forget first.

/** The base of a call that has none. */
const NONE = -1

/** One call. That of a Latest field is kept by its object and used again, so that a moving object allocates nothing. */
export class HeldCall {
  readonly body: Body
  readonly field: Field
  args: Uint8Array
  except: RemoteClient | null = null
  /** It waits for the flush of `zone`. */
  waiting = false
  /** In whose list it stands, or stood last. */
  zone: Zone | null = null
  /** The arguments that all receivers surely have, if `based` says so. */
  base: Uint8Array | null = null
  /** Which audience of the zone has them: `audienceOf` as it was then. */
  based: number = NONE
  readonly layout: Layout | null
  /** When it left as a datagram that may have been lost, ms, in which flush, and past whom; while it is on its way. */
  flownAt: number = LANDED
  flownIn = 0
  spared: RemoteClient | null = null
  /** It stands among the flights, and since when. */
  isQueued = false
  queuedAt = 0
  /** Of field and body; here, where sorting finds them. */
  readonly key: number
  readonly id: number

  constructor(body: Body, field: Field, size: number) {
    this.body = body
    this.field = field
    this.args = new Uint8Array(size)
    this.key = field.key
    this.id = body.id
    this.layout = body.archetype.layouts[field.index]!
  }

  /** The arguments that were sent last, where none wait. */
  get told(): Uint8Array {
    return this.layout ? this.base! : this.args
  }
}

/** Keeps a call back until the flush. */
export function hold(
  authority: Authority,
  body: Body,
  field: Field,
  zone: Zone,
  bytes: Uint8Array,
  from: number,
  to: number,
  except: RemoteClient | null,
): void {
  // One that waits for those who have gone meanwhile is still to become what newcomers are told.
  if (zone.watchers.size === 0 && body.held === 0) return forgetBase(body, field)
  let call: HeldCall
  if (field.isLatest) call = (body.newest ??= [])[field.index] ??= new HeldCall(body, field, to - from)
  else call = new HeldCall(body, field, to - from)
  // Who does not get the new call must get the one before it.
  if (except?.slow) payAhead(except, call)
  if (call.except !== except && call.waiting) settleHeld(authority, body)
  if (call.spared !== except && call.flownAt !== LANDED) land(authority, call)
  if (call.args.length !== to - from) call.args = new Uint8Array(to - from)
  copyBytes(bytes, from, to, call.args, 0)
  // Only where it changes: each store of an object into an older one costs a barrier.
  if (except !== call.except) call.except = except
  if (call.waiting) return
  call.waiting = true
  if (call.zone !== zone) {
    call.zone = zone
    call.based = NONE
  }
  body.held++
  zone.held.push(call)
  authority.touchZone(zone)
}

/** The next call of the field goes out whole: what was accepted meanwhile did not reach all who watch. */
export function forgetBase(body: Body, field: Field): void {
  const call = body.newest?.[field.index]
  if (call) call.based = NONE
}

/** Appends the calls that are held back in a zone; at its flush. */
export function appendHeld(authority: Authority, zone: Zone): void {
  const { held, flushed } = zone
  if (held.length === 0) return
  zone.held = flushed
  zone.flushed = held
  zone.stream.cut()
  zone.heldFrom = zone.stream.position
  takeWaiting(zone, held)
  if (!isSorted(held)) held.sort(byField)
  if (zone.datagrams) launch(authority, zone, held)
  if (zone.hasReaders) append(authority, zone, held, true)
  else for (const call of held) wasSent(call, NONE)
}

/** Puts all held calls of a zone into its stream now: before a client begins or ends to watch it. */
export function settleZone(authority: Authority, zone: Zone): void {
  const { held } = zone
  if (held.length === 0) return
  takeWaiting(zone, held)
  settle(authority, zone, held)
  held.length = 0
}

/**
 * Puts an object's held calls into their zone's stream now: before it leaves, changes hands or is deleted, and before somebody is told of it alone.
 * The next ones go out whole. The zone's list keeps them until its flush, as no longer waiting: to take them out would cost a walk for each object.
 */
export function settleHeld(authority: Authority, body: Body): void {
  const zone = body.inZone
  const newest = body.newest ?? []
  if (zone && body.held > 0) {
    const own: HeldCall[] = []
    for (const call of newest) if (call?.waiting) own.push(call)
    // Those of Unreliable fields stand in the zone's list alone.
    if (body.held > own.length)
      for (const call of zone.held) if (call.body === body && call.waiting && !call.field.isLatest) own.push(call)
    for (const call of own) call.waiting = false
    settle(authority, zone, own)
  }
  for (const call of newest) {
    if (!call) continue
    call.based = NONE
    if (call.flownAt !== LANDED) land(authority, call)
  }
}

/** Puts the held calls of some of a zone's objects into its stream now. */
export function settleSome(authority: Authority, zone: Zone, isOne: (body: Body) => boolean): void {
  const some: HeldCall[] = []
  for (const call of zone.held) {
    if (!call.waiting || call.zone !== zone || !isOne(call.body)) continue
    call.waiting = false
    some.push(call)
  }
  settle(authority, zone, some)
}

/** Writes calls that were taken out of waiting into their zone's stream ahead of its flush: all who watch read them there. */
function settle(authority: Authority, zone: Zone, calls: HeldCall[]): void {
  if (!isSorted(calls)) calls.sort(byField)
  for (const call of calls) call.flownAt = LANDED
  append(authority, zone, calls, false)
}

/** Leaves in a list what waits in this zone, each call once, and takes it as written: some have been settled meanwhile, or have gone on to another zone. */
function takeWaiting(zone: Zone, calls: HeldCall[]): void {
  let count = 0
  for (const call of calls) {
    if (!call.waiting || call.zone !== zone) continue
    call.waiting = false
    calls[count++] = call
  }
  if (count < calls.length) calls.length = count
}

/** Writes sorted calls into their zone's stream. @param isFlush watchers who have datagrams do not read it. */
function append(authority: Authority, zone: Zone, calls: readonly HeldCall[], isFlush: boolean): void {
  // Who has datagrams, or is spared held calls, has nothing that a step could lead on from; at the flush they do not read this.
  const steps = isFlush || (!zone.datagrams && allKeepUp(authority, zone))
  for (let from = 0; from < calls.length; ) {
    const call = calls[from]!
    let to = from + 1
    const { except } = call
    if (except && zone.watchers.has(except) && !(isFlush && except.datagrams)) {
      const { body, field, args } = call
      appendTo(authority, zone, body, field, args, 0, args.length, except)
      wasSent(call, NONE)
    } else {
      while (to < calls.length && calls[to]!.field === call.field && !calls[to]!.except) to++
      appendBatch(zone, calls, from, to, steps)
    }
    from = to
  }
}

/** A call no longer waits. @param audience who has its arguments now, as `audienceOf` has it; NONE where not all of them. */
function wasSent(call: HeldCall, audience: number): void {
  if (call.spared !== call.except) call.spared = call.except
  if (call.except) call.except = null
  call.body.held--
  if (!call.layout) return
  const { args } = call
  call.args = call.base ?? new Uint8Array(args.length)
  call.base = args
  call.based = audience
}

/** By field, then by object: the order in which batches have them. */
export function byField(a: HeldCall, b: HeldCall): number {
  return a.key - b.key || a.id - b.id
}

function isSorted(calls: readonly HeldCall[]): boolean {
  for (let i = 1; i < calls.length; i++) if (byField(calls[i - 1]!, calls[i]!) > 0) return false
  return true
}

/** A slow client is spared what is held, so it has not what the others have. */
function allKeepUp(authority: Authority, zone: Zone): boolean {
  for (const client of authority.slow) if (client.watches(zone)) return false
  return true
}

// Writing a batch runs no code of the game, so one will do.
const batch = new Writer(1024)

/** Calls of one field, objects ascending. @param steps whether those who watch have what the zone's stream said before. */
function appendBatch(zone: Zone, calls: readonly HeldCall[], from: number, to: number, steps: boolean): void {
  const { field } = calls[from]!
  const audience = audienceOf(zone, field)
  let last = 0
  batch.reset()
  for (let i = from; i < to; i++) {
    const call = calls[i]!
    const { id } = call
    const head = (id - last) * 2
    last = id
    if (!(steps && call.based === audience && appendStep(head, call))) {
      batch.varint(head)
      putBytes(batch, call.args, 0, call.args.length)
    }
    wasSent(call, audience)
  }
  putBatch(zone.stream.writer, field.key, batch)
  zone.stream.cut()
}

/** False, and nothing written, where the step would be no shorter than the arguments. */
function appendStep(head: number, { layout, base, args }: HeldCall): boolean {
  const start = batch.position
  batch.varint(head + 1)
  const from = batch.reserve(longestStep * layout!.length)
  const to = writeDelta(batch.bytes, from, layout!, base!, args)
  const isShorter = to - from < args.length
  batch.rewind(isShorter ? to : start)
  return isShorter
}

/**
 * A number that changes when somebody watches who has not what the stream said: one that was spared it, and for what is not kept, and so not in
 * snapshots, one that came.
 */
function audienceOf(zone: Zone, field: Field): number {
  return field.isKept ? zone.losses : zone.losses + zone.arrivals
}

/** Whether such calls are held. */
export const isHeld = (field: Field): boolean => field.has(Flags.Latest | Flags.Unreliable)
