/** What a client is told: each message read and done, in order, or put off while zones are being opened. */
import { Reader } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { MalformedError } from '../../base/errors.ts'
import { getEnter, getLeave, getReason, getZone } from '../../protocol/messages.ts'
import * as Op from '../../protocol/opcodes.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field, NetworkObjectClass } from '../../schema/network-class.ts'
import { attach } from '../../schema/network-object.ts'
import type { Told } from './afresh.ts'
import type { Batches } from './batches.ts'
import { batches, beside } from './load-rare.ts'
import type { Opening } from './opening.ts'
import type { Outgoing } from './outgoing.ts'
import type { View } from './view.ts'
import { ViewBody } from './view-body.ts'

/** A lost object is asked for at most this often, ms. */
const fetchEveryMs = 2000

export class Incoming implements Told {
  readonly view: View
  readonly #outgoing: Outgoing
  readonly #clock: Clock
  readonly #owned: ReadonlyMap<number, NetworkObjectClass>
  /** Where calls may come in batches. */
  readonly #batches: Batches | undefined
  #opening: Opening | null = null
  /** The object of the last delivery, to which a Repeat counts. */
  #lastObject = 0
  #lastField: Field | null = null
  #isDatagram = false
  unnamed: Set<number> | null = null

  /** @param owned the classes of one's own objects, by class id, where they differ. */
  constructor(view: View, outgoing: Outgoing, clock: Clock, owned: ReadonlyMap<number, NetworkObjectClass>) {
    this.view = view
    this.#outgoing = outgoing
    this.#clock = clock
    this.#owned = owned
    if (batches) this.#batches = new batches.Batches({ Reader, MalformedError }, view, this)
  }

  /** Zones are being opened: what they hold is not to be seen yet. */
  get isOpening(): boolean {
    return this.#opening !== null
  }

  /** A new frame begins: deliveries count from nothing again. */
  beginFrame(isDatagram: boolean): void {
    this.#lastField = null
    this.#isDatagram = isDatagram
    this.#batches?.begin(this.#hasDatagrams)
  }

  /** Reads one message and does what it says. */
  receive(op: number, r: Reader): void {
    if (op >= Op.Repeat) {
      if (!this.#lastField) throw new MalformedError('a repeat of nothing')
      // 7 bits, two's complement.
      return this.deliver(this.#lastField, this.#lastObject + (((op & 0x7f) << 25) >> 25), r)
    }
    const { requests } = this.#outgoing
    switch (op) {
      case Op.Deliver:
        return this.deliver(this.#field(r), r.varint(), r)
      case Op.Enter:
        return this.#enter(r)
      case Op.Leave: {
        const { id, deleted } = getLeave(r)
        const body = this.#body(id)
        return body && this.leave(body, deleted)
      }
      case Op.Move:
        return this.#move(this.#body(r.varint()), getZone(r))
      case Op.Owner:
        return this.#changeOwner(this.#body(r.varint()), r.varint())
      case Op.Open:
        this.open().left += r.varint()
        return
      case Op.ZoneDone:
        return this.#zoneDone(r.varint(), r.varint())
      case Op.ZoneLeft:
        return this.zoneLeft(r.varint())
      case Op.Refresh:
        return this.#refresh(this.#body(r.varint()), r.raw(r.varint()))
      case Op.Result:
        return requests.resolve(r.varint(), r, this.#opening)
      case Op.Refused:
        return this.#refused(r.varint(), getReason(r))
      case Op.Vetoed:
        return this.#vetoed(this.#field(r), this.#body(r.varint()), r)
      case Op.Told:
        if (this.#outgoing.messages) return this.#outgoing.messages.receive(r)
        break
      case Op.Afresh:
        if (this.#outgoing.link?.afresh(this, r.u8() === 0)) return
        break
      case Op.Settled: {
        const field = this.#field(r)
        const body = this.#body(r.varint())
        return this.#do(() => body?.predictions?.settle(field))
      }
      case Op.Tick:
        if (!this.#batches) return void r.varint()
    }
    if (!this.#batches?.receive(op, r, this.#isDatagram))
      throw new MalformedError(`there is no message 0x${op.toString(16)}`)
  }

  #refused(request: number, reason: string): void {
    this.#do(() => this.#outgoing.requests.refuse(request, reason))
  }

  get isOver(): boolean {
    return this.#outgoing.requests.isClosed
  }

  #body(id: number): ViewBody | undefined {
    return this.view.bodies.get(id)
  }

  #field(r: Reader): Field {
    const key = r.varint()
    const field = this.view.schema.fields[key]
    if (!field) throw new MalformedError(`there is no field ${key}`)
    return field
  }

  /** While zones are being opened everything waits until they are whole. */
  #do(task: () => void): void {
    if (this.#opening) this.#opening.later(task)
    else task()
  }

  // ---- calls

  deliver(field: Field, id: number, r: Reader, body: ViewBody | undefined = this.#body(id)): void {
    this.#lastField = field
    this.#lastObject = id
    const view = this.view
    const from = r.position
    const args = view.readArguments(field, r)
    if (body && this.#isOld(body, field)) return
    if (!body?.object) return this.lost(id, field, body)
    if (this.#opening) {
      // Read again then: it may name objects that are still to come.
      const bytes = r.bytes.slice(from, r.position)
      return this.#opening.later(() => {
        const again = new Reader(bytes)
        const values = view.readArguments(field, again)
        this.#run(body, field, values, again, 0)
      })
    }
    this.#run(body, field, args, r, from)
  }

  get #hasDatagrams(): boolean {
    return this.#outgoing.flights?.datagrams !== undefined
  }

  #isOld(body: ViewBody, field: Field, at: number | undefined = this.#batches?.at): boolean {
    return this.#hasDatagrams && this.#batches!.isOld(body, field, at!)
  }

  #run(body: ViewBody, field: Field, args: unknown[], { bytes, position }: Reader, from: number): void {
    if (!body.predictions?.confirms(field, bytes, from, position)) this.view.run(body, field, args)
  }

  lost(object: number, field: Field, body: ViewBody | undefined): void {
    // Its snapshot is still to come, or it left before the datagram came.
    if (!body && (this.#opening || this.#isDatagram)) return
    this.view.emit('dropped', { object, field: field.path, why: 'unknown-object' })
    const now = this.#clock.now()
    if (!body || now - body.fetchedAt < fetchEveryMs) return
    body.fetchedAt = now
    this.#outgoing.fetch(object)
  }

  #vetoed(field: Field, body: ViewBody | undefined, r: Reader): void {
    const view = this.view
    const reason = getReason(r)
    const standing = r.u8() === 1 ? view.readArguments(field, r) : null
    // When everything is told anew, all predictions of before are settled already.
    const isPending = field.has(Flags.Predict) && !this.unnamed
    this.#do(() => {
      if (isPending) body?.predictions?.settle(field)
      view.emit('vetoed', { object: body?.object ?? null, field: field.path, reason })
      if (body && standing) view.runStanding(body, field, standing)
    })
  }

  // ---- objects

  #enter(r: Reader): void {
    const view = this.view
    const { type: classId, id, zone, storedId, owner } = getEnter(r)
    const fields = r.raw(r.varint())
    const type = view.schema.classes.get(classId)
    if (!type) throw new MalformedError(`there is no class ${classId}`)
    const known = this.#body(id)
    this.unnamed?.delete(id)
    if (known?.object) {
      if (known.zone !== zone) this.#move(known, zone)
      if (known.ownerId !== owner) this.#changeOwner(known, owner)
      return this.#refresh(known, fields)
    }
    const body = new ViewBody(this.#outgoing, type, id, storedId, zone, owner)
    // The grace of the last attempt goes with it: a constructor that always throws is not asked for without end.
    if (known) {
      body.fetchedAt = known.fetchedAt
      this.#batches?.release(known)
    }
    view.bodies.set(id, body)
    this.#batches?.learn(body, fields)
    const construct = (body.isMine && this.#owned.get(classId)) || type.construct
    try {
      const object = new construct()
      attach(object, body)
      body.object = object
    } catch (error) {
      return view.emit('error', { error, where: `new ${construct.name}()`, object: null, field: null })
    }
    const apply = this.#applying(body, fields)
    const { isMine } = body
    const greet = (): void => this.#greet(body, isMine)
    if (this.#opening) {
      body.inView = false
      view.hidden++
      return this.#opening.enter(
        id,
        () => {
          body.inView = true
          if (this.#body(id) === body) view.hidden--
        },
        apply,
        greet,
      )
    }
    apply()
    greet()
  }

  #greet(body: ViewBody, isMine: boolean): void {
    const view = this.view
    view.hook(body, 'onEnter')
    if (isMine) view.hook(body, 'onOwnerGained')
    view.emit('enter', { object: body.object! })
  }

  #refresh(body: ViewBody | undefined, fields: Uint8Array): void {
    if (!body) return
    this.#batches?.learn(body, fields)
    this.#do(this.#applying(body, fields))
  }

  /** What applies a snapshot, whenever that is: datagrams may come before. */
  #applying(body: ViewBody, bytes: Uint8Array): () => void {
    const at = this.#batches?.at
    return () =>
      this.view.eachField(body, bytes, (field, args) => {
        if (!this.#isOld(body, field, at)) this.view.runStanding(body, field, args)
      })
  }

  /** What is in view, where and whose, changes at once; the game is told when its turn comes. */
  leave(body: ViewBody, deleted: boolean): void {
    const view = this.view
    const { id, object, isMine } = body
    view.bodies.delete(id)
    this.#batches?.release(body)
    if (!object) return
    if (!body.inView) view.hidden--
    this.#opening?.leave(id)
    this.#do(() => {
      if (isMine) {
        body.ownerId = 0
        view.hook(body, 'onOwnerLost')
      }
      body.inView = false
      view.hook(body, 'onLeave')
      view.emit('leave', { object, deleted })
    })
  }

  #move(body: ViewBody | undefined, to: number | null): void {
    if (!body) return
    const { object, zone: from } = body
    body.zone = to
    if (object) this.#do(() => this.view.emit('zone', { object, from, to }))
  }

  #changeOwner(body: ViewBody | undefined, to: number): void {
    if (!body) return
    const view = this.view
    const { object, ownerId: from, isMine: wasMine } = body
    body.ownerId = to
    const { isMine } = body
    this.#do(() => {
      if (wasMine) {
        body.predictions = null
        view.hook(body, 'onOwnerLost')
      }
      if (isMine) view.hook(body, 'onOwnerGained')
      if (object) view.emit('owner', { object, from: from || null, to: to || null })
    })
  }

  // ---- zones

  #zoneDone(zone: number, count: number): void {
    const view = this.view
    this.unnamed?.delete(-1 - zone)
    this.#opening?.enter(
      -1 - zone,
      () => view.zones.add(zone),
      () => {},
      () => view.emit('zone-done', { zone, count }),
    )
    this.opened()
  }

  open(): Opening {
    return (this.#opening ??= new beside!.Opening())
  }

  opened(): void {
    const opening = this.#opening
    if (!opening) throw new MalformedError('nothing is opening')
    if (--opening.left > 0) return
    this.#opening = null
    opening.complete()
  }

  zoneLeft(zone: number): void {
    const view = this.view
    this.#opening?.leave(-1 - zone)
    this.#do(() => view.zones.delete(zone))
    for (const body of [...view.bodies.values()]) if (body.zone === zone && !body.isMine) this.leave(body, false)
    this.#do(() => view.emit('zone-left', { zone }))
  }
}
