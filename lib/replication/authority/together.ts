/** Several calls of one object, all or none: first every handler, and when all have passed, everything is kept and delivered at once. Rule 14 of docs/guarantees.md. */
import { Reject, Rejected } from '../../base/errors.ts'
import { Amendment } from '../../schema/amendment.ts'
import type { Field } from '../../schema/network-class.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import { argumentBytes } from './call-arguments.ts'
import { accept, exclusively, handle, type Origin } from './call-path.ts'
import { valuesOf } from './references.ts'

const fromServer: Origin = { client: null, request: 0, only: null, except: null, settle: null }

export interface ServerCall {
  readonly field: Field
  readonly bytes: Uint8Array
}

export interface TogetherOptions {
  /** Asked when those before have been handled. */
  readonly mayBegin: () => boolean
  /** Runs when all have been kept. @param passed the calls; in place of an amended one another. */
  readonly accepted: (passed: readonly ServerCall[]) => void
}

/** `refused` by `mayBegin`; `gone` where the object is not in the game any more. Nothing was changed then. */
export type Outcome = 'done' | 'refused' | 'gone'

/**
 * Sends `calls` on an object when those before have been handled.
 * @throws Rejected where a handler vetoes: the handlers that had passed have run again with the values that stand.
 */
export function sendTogether(
  authority: Authority,
  body: Body,
  calls: readonly ServerCall[],
  options: TogetherOptions,
): Promise<Outcome> {
  return new Promise((resolve, reject) =>
    exclusively(authority, body, () => run(authority, body, calls, options).then(resolve, reject)),
  )
}

async function run(
  authority: Authority,
  body: Body,
  calls: readonly ServerCall[],
  { mayBegin, accepted }: TogetherOptions,
): Promise<Outcome> {
  if (body.deleted) return 'gone'
  if (!mayBegin()) return 'refused'
  const passed: ServerCall[] = []
  for (const call of calls) {
    const { field, bytes } = call
    try {
      const result = await handle(body, field, valuesOf(authority, field, bytes))
      const at = passed.push(call) - 1
      if (result instanceof Amendment) passed[at] = { field, bytes: argumentBytes(authority, field, result.args) }
    } catch (error) {
      if (body.deleted) return 'gone'
      await undo(authority, body, passed)
      if (!(error instanceof Reject)) {
        authority.emit('error', { error, where: 'handler', object: body.object, field: field.path })
        throw new Rejected(`${field.path} failed: nothing was changed.`, 'error')
      }
      authority.emit('vetoed', { client: null, object: body.object, field: field.path, reason: error.reason })
      throw new Rejected(`${field.path} was vetoed: ${error.reason}. Nothing was changed.`, error.reason)
    }
    if (body.deleted) return 'gone'
  }
  for (const { field, bytes } of passed) accept(authority, body, field, bytes, 0, bytes.length, fromServer, undefined)
  accepted(passed)
  return 'done'
}

/** Lets the handlers that have passed run once more, with what stands: the last call, else the default. */
async function undo(authority: Authority, body: Body, passed: readonly ServerCall[]): Promise<void> {
  for (const { field } of passed) {
    const kept = body.kept[field.index]
    const args = kept ? valuesOf(authority, field, kept) : field.declaration.options.default
    if (!args) continue
    try {
      await handle(body, field, args)
    } catch (error) {
      authority.emit('error', { error, where: 'handler', object: body.object, field: field.path })
    }
  }
}
