/**
 * The one path of every call (law 2) once it has been checked: handled, then kept, then queued for the store, then delivered. Nothing is kept or
 * sent before the handler has passed. What only few calls need stands in functions of its own: a closure anywhere in a function costs each call
 * that goes through it a context on the heap. Rules 1 to 11 of docs/guarantees.md.
 */
import { Reject, Rejected } from '../../base/errors.ts'
import { isThenable } from '../../base/thenable.ts'
import { Amendment } from '../../schema/amendment.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'
import type { Activity } from './activity.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import { answerVeto, settlePrediction } from './call-answers.ts'
import { nameMisfit, withWriter, writeArguments } from './call-arguments.ts'
import type { RemoteClient } from './client.ts'
import { deliver } from './delivery.ts'
import { isStored } from './persistence.ts'
import { valuesOf } from './references.ts'

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

/** What waits behind an async handler of the same object: a call, or something that needs the object for itself. */
export type Queued = QueuedCall | QueuedTask

export interface QueuedTask {
  /** Frees the object when it settles. */
  readonly task: () => Promise<void>
}

interface QueuedCall {
  readonly field: Field
  readonly args: readonly unknown[]
  readonly bytes: Uint8Array
  readonly origin: Origin
}

/** Handles a call that has been checked: now, or when those before it have been. False where too many wait. `bytes` from `from` to `to` are its arguments. */
export function perform(
  authority: Authority,
  body: Body,
  field: Field,
  args: readonly unknown[],
  bytes: Uint8Array,
  from: number,
  to: number,
  origin: Origin,
): boolean {
  const activity = body.use()
  if (activity.isFree) {
    run(authority, body, activity, field, args, bytes, from, to, origin)
    return true
  }
  const queue = (activity.queue ??= [])
  if (queue.length >= authority.limits.waitingCalls) return false
  // The bytes are lent for this turn only. Not `slice`, which gives a view where they are a Buffer's.
  queue.push({ field, args, bytes: new Uint8Array(bytes.subarray(from, to)), origin })
  return true
}

/** Runs the handler of an object that is free; what follows depends on whether it is async. */
function run(
  authority: Authority,
  body: Body,
  activity: Activity,
  field: Field,
  args: readonly unknown[],
  bytes: Uint8Array,
  from: number,
  to: number,
  origin: Origin,
): void {
  activity.caller = origin.client
  activity.running = field
  let result: unknown
  try {
    result = (body.object as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[field.name]!(...args)
  } catch (error) {
    activity.running = activity.caller = null
    veto(authority, body, field, origin, error)
    return runQueued(authority, body)
  }
  activity.running = null
  if (isThenable(result))
    return runAsync(authority, body, activity, field, new Uint8Array(bytes.subarray(from, to)), origin, result)
  activity.caller = null
  accept(authority, body, field, bytes, from, to, origin, result)
  if (activity.queue !== null) runQueued(authority, body)
}

/** Awaits a handler that has begun. */
function runAsync(
  authority: Authority,
  body: Body,
  activity: Activity,
  field: Field,
  bytes: Uint8Array,
  origin: Origin,
  result: PromiseLike<unknown>,
): void {
  activity.busy = true
  const settle = (finish: () => void): void => {
    activity.busy = false
    activity.caller = null
    finish()
    runQueued(authority, body)
  }
  result.then(
    value => settle(() => accept(authority, body, field, bytes, 0, bytes.length, origin, value)),
    error => settle(() => veto(authority, body, field, origin, error)),
  )
}

/** Handles what waits behind the call that has just ended; where the object has been deleted, refuses all of it. */
export function runQueued(authority: Authority, body: Body): void {
  const { activity } = body
  // Each call that is run here comes back to this function: without the mark a long queue would be a deep stack.
  if (!activity || activity.draining || !activity.queue) return
  activity.draining = true
  try {
    while (activity.queue.length > 0 && (body.deleted || !(activity.busy || activity.running))) {
      const next = activity.queue.shift()!
      if ('task' in next) {
        runTask(authority, body, activity, next.task)
        continue
      }
      const { field, args, bytes, origin } = next
      if (body.deleted) veto(authority, body, field, origin, new Reject('deleted'))
      else run(authority, body, activity, field, args, bytes, 0, bytes.length, origin)
    }
  } finally {
    activity.draining = false
  }
}

/**
 * Runs the handlers of an object that is being loaded, for the calls that were kept of it, and keeps them again. What they send on the object waits until all have run.
 * A handler that throws is told, and its value is kept: it was accepted once.
 */
export async function replay(
  authority: Authority,
  body: Body,
  calls: readonly { readonly field: Field; readonly bytes: Uint8Array }[],
): Promise<void> {
  const activity = body.use()
  activity.busy = true
  for (const { field, bytes } of calls) {
    if (body.deleted) break
    try {
      await handle(body, field, valuesOf(authority, field, bytes))
    } catch (error) {
      authority.emit('error', { error, where: 'load', object: body.object, field: field.path })
    }
    body.keep(field, bytes, 0, bytes.length)
  }
  activity.busy = false
  runQueued(authority, body)
}

/** Runs `task` when all calls of the object before it have been handled; those behind wait until it has settled. It must not reject. */
export function exclusively(authority: Authority, body: Body, task: () => Promise<void>): void {
  const activity = body.use()
  if (activity.isFree) runTask(authority, body, activity, task)
  else (activity.queue ??= []).push({ task })
}

function runTask(authority: Authority, body: Body, activity: Activity, task: () => Promise<void>): void {
  activity.busy = true
  void task().then(() => {
    activity.busy = false
    runQueued(authority, body)
  })
}

/** Runs one handler of an object that this code has for itself, for the server. @throws what it throws. */
export async function handle(body: Body, field: Field, args: readonly unknown[]): Promise<unknown> {
  const activity = body.use()
  activity.running = field
  try {
    const result = handlerOf(body, field)(...args)
    if (!isThenable(result)) return result
    activity.running = null
    return await result
  } finally {
    activity.running = null
  }
}

function handlerOf(body: Body, field: Field): (...args: readonly unknown[]) => unknown {
  const methods = body.object as unknown as Record<string, (...args: readonly unknown[]) => unknown>
  return (...args) => methods[field.name]!(...args)
}

/** The handler has passed: keep, queue for the store, deliver, answer. */
export function accept(
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
  if (result instanceof Amendment) return acceptAmended(authority, body, field, origin, result)
  let answer: Uint8Array | null = null
  if (origin.request !== 0 && field.codec.result) {
    try {
      answer = answerBytes(authority, field, origin.client!, result)
    } catch (error) {
      return veto(authority, body, field, origin, nameMisfit(error, `The result of ${field.path}`))
    }
  }
  if (field.isKept) {
    body.keep(field, bytes, from, to)
    if (isStored(field)) authority.persistence.changed(body, field)
  }
  deliver(authority, body, field, origin, bytes, from, to)
  if (field.declaration.options.durable) return answerWhenSaved(authority, body, field, origin, answer, result)
  if (origin.request !== 0) authority.answer(origin.client!, origin.request, answer)
  if (origin.settle) origin.settle.resolve(isVoid(field) ? undefined : result)
}

/** The caller is to know that what it changed outlives a crash. */
function answerWhenSaved(
  authority: Authority,
  body: Body,
  field: Field,
  origin: Origin,
  answer: Uint8Array | null,
  result: unknown,
): void {
  const saved = (): void => {
    if (origin.request !== 0) authority.answer(origin.client!, origin.request, answer)
    origin.settle?.resolve(isVoid(field) ? undefined : result)
  }
  const failed = (error: unknown): void => {
    authority.emit('error', { error, where: 'store', object: body.object, field: field.path })
    if (origin.request !== 0) authority.refuse(origin.client!, origin.request, 'not-saved')
    origin.settle?.reject(error)
  }
  // What the handler has sent on the object itself waits for its end, and is not kept yet.
  exclusively(authority, body, async () => void body.saved().then(saved, failed))
}

/** The handler has passed and put other arguments in the place of those that came. */
function acceptAmended(authority: Authority, body: Body, field: Field, origin: Origin, amendment: Amendment): void {
  withWriter(w => {
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

const isVoid = (field: Field): boolean => field.schema.result === 'void'

function answerBytes(authority: Authority, field: Field, client: RemoteClient, result: unknown): Uint8Array {
  return withWriter(w => {
    field.codec.result!.write(w, isVoid(field) ? null : result, authority.referencesFor(client))
    return w.slice()
  })
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
