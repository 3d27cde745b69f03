/**
 * The one path of every call (law 2): checked, then handled, then kept, then queued for the store, then delivered.
 * Nothing is kept or sent before all checks and the handler have passed. Rules 1 to 11 of docs/guarantees.md.
 */
import type { Reader } from '../../base/bytes.ts'
import { Reject, Rejected, UsageError } from '../../base/errors.ts'
import { isThenable } from '../../base/thenable.ts'
import { Amendment } from '../../schema/amendment.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import { answerVeto, settlePrediction } from './call-answers.ts'
import {
  misfitOf,
  nameMisfit,
  type Received,
  readBack,
  readReceived,
  withWriter,
  writeArguments,
} from './call-arguments.ts'
import type { RemoteClient } from './client.ts'
import { deliver, overwrite } from './delivery.ts'

/** Where a call comes from, and who waits for its answer. */
export interface Origin {
  /** Null for the server. */
  readonly client: RemoteClient | null
  /** The client's number for its request; 0 where it awaits no answer. */
  readonly request: number
  /** `sendTo` and `sendExcept`. */
  readonly only: RemoteClient | null
  readonly except: RemoteClient | null
  /** Who awaits the answer to a request of the server's own. */
  readonly settle: { resolve(value: unknown): void; reject(error: unknown): void } | null
}

/** A call that waits behind an async handler of the same object. */
export interface QueuedCall {
  readonly field: Field
  readonly args: readonly unknown[]
  readonly bytes: Uint8Array
  readonly origin: Origin
}

const fromServer: Origin = { client: null, request: 0, only: null, except: null, settle: null }

/** `object.send.field(...args)` on the server. @throws ArgumentError at once for arguments that do not fit. */
export function serverSend(
  authority: Authority,
  body: Body,
  field: Field,
  args: readonly unknown[],
  only: RemoteClient | null,
  except: RemoteClient | null,
): unknown {
  if (body.deleted) throw new UsageError(`${field.path} was sent on object ${body.id}, which has been deleted.`)
  if (body.running === field)
    throw new UsageError(
      `The handler of ${field.path} sends ${field.name} on the same object again. To change what goes on, return amend(...) from the handler instead.`,
    )
  return withWriter(w => {
    writeArguments(authority, field, w, args)
    let origin = only || except ? { ...fromServer, only, except } : fromServer
    let answer: Promise<unknown> | undefined
    if (field.isRequest) {
      answer = new Promise((resolve, reject) => {
        origin = { ...origin, settle: { resolve, reject } }
      })
      // A request that nobody awaits must not end the process when it is vetoed.
      answer.catch(() => {})
    }
    // The handler gets what a client's call would give it: values that have been through the codec.
    const values = readBack(authority, field, w)
    if (isFree(body)) run(authority, body, field, values, w.bytes, 0, w.position, origin)
    else if (isFull(authority, body))
      throw new UsageError(
        `${field.path} was sent on object ${body.id}, where ${authority.limits.waitingCalls} calls wait already behind a handler that has not ended.`,
      )
    else enqueue(body, { field, args: values, bytes: w.slice(), origin })
    return answer
  })
}

/** A call that arrived from a client; `r` stands at its arguments, which end at `r.end`. */
export function clientCall(
  authority: Authority,
  client: RemoteClient,
  key: number,
  objectId: number,
  request: number,
  r: Reader,
): void {
  const field = authority.schema.fields[key]
  const body = authority.bodies.get(objectId)
  const now = authority.clock.now()
  const drop = (why: 'left-view' | 'not-owner-any-more' | 'busy'): void => {
    authority.emit('dropped', { client, object: objectId, field: field?.path ?? null, why })
    answerVeto(authority, client, request, body && client.sees(body) ? body : null, objectId, field, why)
  }
  const violate = (
    reason: 'no-object' | 'not-visible' | 'no-field' | 'no-permission' | 'rate' | 'bad-arguments',
    detail: string,
  ): void => {
    const policy = authority.violate(client, { reason, detail }, objectId, field ?? null)
    // Law 4: that an object exists which the client does not see is nothing to tell it.
    const told = reason === 'not-visible' ? 'no-object' : reason
    if (policy === 'ignore')
      answerVeto(authority, client, request, body && client.sees(body) ? body : null, objectId, field, told)
  }

  if (!body || !client.sees(body)) {
    if (client.leftView.has(objectId, now)) return drop('left-view')
    return violate(body ? 'not-visible' : 'no-object', `a call to object ${objectId}`)
  }
  if (!field || field.owner !== body.type) return violate('no-field', `field number ${key} on a ${body.type.name}`)
  if (request !== 0 && !field.isRequest) return violate('no-field', `${field.path} is no request`)
  const allowed = field.has(Flags.ClientSend) || (field.has(Flags.OwnerSend) && body.ownedBy === client)
  if (!allowed) {
    if (field.has(Flags.OwnerSend) && client.leftHands.has(objectId, now)) return drop('not-owner-any-more')
    return violate('no-permission', `${field.path} of object ${objectId}`)
  }
  if (!authority.mayCall(client, body.object, field))
    return violate('no-permission', `${field.path} was refused by authorize()`)
  // authorize() is the game's code: it may have taken the object away.
  if (!client.sees(body)) return drop('left-view')
  if (!client.session.countCall()) return violate('rate', 'too many calls per second')
  let received: Received
  try {
    received = readReceived(authority, client, field, r)
  } catch (error) {
    return violate('bad-arguments', `${field.path}: ${misfitOf(error).message}`)
  }
  const { args, bytes, from, to } = received
  const origin = request === 0 ? client.origin : { ...client.origin, request }
  if (isFree(body)) return run(authority, body, field, args, bytes, from, to, origin)
  if (isFull(authority, body)) return drop('busy')
  enqueue(body, { field, args, bytes: bytes.slice(from, to), origin })
}

/** Nothing of the object is being handled, and nothing waits. */
function isFree(body: Body): boolean {
  return !body.running && !body.busy && !body.draining && !body.queue?.length
}

function isFull(authority: Authority, body: Body): boolean {
  return (body.queue?.length ?? 0) >= authority.limits.waitingCalls
}

/** Handles a call that has been checked: now, or when those before it have been. */
export function perform(authority: Authority, body: Body, call: QueuedCall): void {
  if (isFree(body)) run(authority, body, call.field, call.args, call.bytes, 0, call.bytes.length, call.origin)
  else enqueue(body, call)
}

function enqueue(body: Body, call: QueuedCall): void {
  ;(body.queue ??= []).push(call)
}

/** Runs the handler of an object that is free; what follows depends on whether it is async. */
function run(
  authority: Authority,
  body: Body,
  field: Field,
  args: readonly unknown[],
  bytes: Uint8Array,
  from: number,
  to: number,
  origin: Origin,
): void {
  body.caller = origin.client
  body.running = field
  let result: unknown
  try {
    result = (body.object as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[field.name]!(...args)
  } catch (error) {
    body.running = body.caller = null
    veto(authority, body, field, origin, error)
    return runQueued(authority, body)
  }
  body.running = null
  if (!isThenable(result)) {
    body.caller = null
    accept(authority, body, field, bytes, from, to, origin, result)
    return runQueued(authority, body)
  }
  body.busy = true
  // The bytes are lent for this turn only.
  const kept = bytes.slice(from, to)
  const settle = (finish: () => void): void => {
    body.busy = false
    body.caller = null
    finish()
    runQueued(authority, body)
  }
  result.then(
    value => settle(() => accept(authority, body, field, kept, 0, kept.length, origin, value)),
    error => settle(() => veto(authority, body, field, origin, error)),
  )
}

/** Handles what waits behind the call that has just ended; where the object has been deleted, refuses all of it. */
export function runQueued(authority: Authority, body: Body): void {
  // Each call that is run here comes back to this function: without the mark a long queue would be a deep stack.
  if (body.draining || !body.queue) return
  body.draining = true
  try {
    while (body.queue.length > 0 && (body.deleted || !(body.busy || body.running))) {
      const { field, args, bytes, origin } = body.queue.shift()!
      if (body.deleted) veto(authority, body, field, origin, new Reject('deleted'))
      else run(authority, body, field, args, bytes, 0, bytes.length, origin)
    }
  } finally {
    body.draining = false
  }
}

/** The handler has passed: keep, queue for the store, deliver, answer. */
function accept(
  authority: Authority,
  body: Body,
  field: Field,
  bytes: Uint8Array,
  from: number,
  to: number,
  origin: Origin,
  result: unknown,
): void {
  if (body.deleted) return veto(authority, body, field, origin, new Reject('deleted'))
  if (result instanceof Amendment) {
    const amendment = result
    return withWriter(w => {
      try {
        writeArguments(authority, field, w, amendment.args)
      } catch (error) {
        return veto(authority, body, field, origin, error)
      }
      // Before the call itself, so that a prediction does not take it for its own confirmation.
      if (origin.client && field.has(Flags.Predict)) settlePrediction(authority, origin.client, body, field)
      accept(authority, body, field, w.bytes, 0, w.position, origin, amendment.result)
    })
  }
  let answer: Uint8Array | null = null
  const isVoid = field.schema.result === 'void'
  if (origin.request !== 0 && field.codec.result) {
    try {
      answer = withWriter(w => {
        field.codec.result!.write(w, isVoid ? null : result, authority.referencesFor(origin.client!))
        return w.slice()
      })
    } catch (error) {
      return veto(authority, body, field, origin, nameMisfit(error, `The result of ${field.path}`))
    }
  }
  if (field.isKept) {
    body.kept[field.index] = overwrite(body.kept[field.index], bytes, from, to)
    if ((field.flags & Flags.Database) === Flags.Database) authority.persistence.changed(body, field)
  }
  deliver(authority, body, field, origin, bytes, from, to)
  if (origin.request !== 0) authority.answer(origin.client!, origin.request, answer)
  origin.settle?.resolve(isVoid ? undefined : result)
}

/** The handler has vetoed, or failed, which vetoes too. */
function veto(authority: Authority, body: Body, field: Field, origin: Origin, error: unknown): void {
  let reason = 'error'
  if (error instanceof Reject) {
    reason = error.reason
    authority.emit('vetoed', { client: origin.client, object: body.object, field: field.path, reason })
  } else {
    authority.emit('error', { error, where: 'handler', object: body.object, field: field.path })
  }
  const known = body.announced && !body.deleted ? body : null
  if (origin.client) answerVeto(authority, origin.client, origin.request, known, body.id, field, reason)
  origin.settle?.reject(new Rejected(`${field.path} was vetoed: ${reason}`, reason))
}
