/** Objects that clients make: the wish carries the first calls, which pass the same checks and handlers as any call. Rule 21 of docs/guarantees.md. */
import { Reader } from '../../base/bytes.ts'
import { MalformedError, Reject, Rejected } from '../../base/errors.ts'
import { isThenable } from '../../base/thenable.ts'
import { getWindow, getZone } from '../../protocol/messages.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import type { NetworkObject } from '../../schema/network-object.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import { argumentBytes, misfitOf, readArguments, withWriter } from './call-arguments.ts'
import { perform } from './call-path.ts'
import type { RemoteClient } from './client.ts'
import { excess } from './field-rates.ts'
import { abandon, announce, celebrate, conceive } from './life.ts'
import { takeCall } from './toll.ts'

/** A client's wish for an object, before anything exists. */
export interface CreateRequest {
  /** The server's class for it. */
  readonly class: abstract new () => NetworkObject
  readonly zone: number | null
  /** The first calls, in order. */
  readonly calls: readonly { readonly field: string; readonly args: readonly unknown[] }[]
}

/** Decides on a wish: throws `Reject` or gives false to refuse. */
export type CreateHook = (client: RemoteClient, request: CreateRequest) => boolean | void | Promise<boolean | void>

interface FirstCall {
  readonly field: Field
  readonly args: readonly unknown[]
  readonly bytes: Uint8Array
}

/** Most first calls that a wish may carry. */
const maxCalls = 256

export function createForClient(
  authority: Authority,
  hook: CreateHook | undefined,
  client: RemoteClient,
  request: number,
  r: Reader,
): void {
  const classId = r.varint()
  const zone = getZone(r)
  const end = getWindow(r)
  const calls = new Reader()
  calls.reset(r.bytes, r.position, end)
  r.position = end

  const violate = (
    reason: 'invalid-class' | 'rate' | 'no-field' | 'no-permission' | 'bad-arguments',
    detail: string,
    field: Field | null = null,
  ): void => {
    if (authority.violate(client, { reason, detail }, null, field) === 'ignore') refuse(reason)
  }
  const refuse = (reason: string): void => authority.refuse(client, request, reason)

  const type = authority.schema.classes.get(classId)
  if (!type) return violate('invalid-class', `a wish for class ${classId}`)
  if (!type.declaration.options.clientCreate)
    return violate('no-permission', `a wish for a ${type.name}: clients may not create it`)
  const obstacle = takeCall(client)
  if (obstacle === 'quarantined') return refuse(obstacle)
  if (obstacle !== null) return violate(obstacle, 'too many calls per second')
  const first = readCalls(authority, client, type, calls, (...violation) => {
    violate(...violation)
    return null
  })
  if (!first) return
  if (zone !== null && !client.zones.has(zone)) return refuse('hidden-zone')
  if (client.owned.size + client.creating >= authority.limits.ownedObjects) return refuse('too-many-objects')
  void make(authority, hook, client, type, zone, first).then(
    body => {
      if (!body) return
      const id = withWriter(w => {
        w.varint(body.id)
        return w.slice()
      })
      // Before that the client would hold the object, but nothing that was called on it.
      authority.openings.whenWhole(client, () => authority.answer(client, request, id))
    },
    error => {
      // A veto of a first call's handler has been told already.
      if (error instanceof Rejected) return refuse(error.reason)
      if (error instanceof Reject)
        authority.emit('vetoed', { client, object: null, field: type.name, reason: error.reason })
      else authority.emit('error', { error, where: 'create', object: null, field: null })
      refuse(error instanceof Reject ? error.reason : 'error')
    },
  )
}

function readCalls(
  authority: Authority,
  client: RemoteClient,
  type: NetworkClass,
  r: Reader,
  violate: (
    reason: 'no-field' | 'no-permission' | 'bad-arguments' | 'rate',
    detail: string,
    field?: Field | null,
  ) => null,
): FirstCall[] | null {
  const calls: FirstCall[] = []
  const count = r.varint()
  if (count > maxCalls) throw new MalformedError(`${count} first calls are too many.`)
  for (let i = 0; i < count; i++) {
    const key = r.varint()
    const end = getWindow(r)
    const field = authority.schema.fields[key]
    if (field?.owner !== type) return violate('no-field', `field number ${key} on a new ${type.name}`)
    // The creator will own the object.
    if (!field.has(Flags.OwnerSend | Flags.ClientSend))
      return violate('no-permission', `${field.path} of a new object`, field)
    if (takeCall(client) !== null) return violate('rate', 'too many calls per second', field)
    if (authority.rates?.takeCall(client.rates, key, client.session.heardAt) === false)
      return violate('rate', excess(field), field)
    const arguments_ = new Reader()
    arguments_.reset(r.bytes, r.position, end)
    try {
      const args = readArguments(authority, client, field, arguments_)
      const bytes = field.codec.hasReferences
        ? argumentBytes(authority, field, args)
        : new Uint8Array(r.bytes.subarray(r.position, end))
      calls.push({ field, args, bytes })
    } catch (error) {
      return violate('bad-arguments', `${field.path}: ${misfitOf(error).message}`, field)
    }
    r.position = end
  }
  r.finish()
  return calls
}

async function make(
  authority: Authority,
  hook: CreateHook | undefined,
  client: RemoteClient,
  type: NetworkClass,
  zone: number | null,
  first: readonly FirstCall[],
): Promise<Body | null> {
  client.creating++
  try {
    const verdict = hook?.(client, {
      class: type.construct,
      zone,
      calls: first.map(({ field, args }) => ({ field: field.name, args })),
    })
    // No turn of the event loop is lost where the hook is not async.
    if ((isThenable(verdict) ? await verdict : verdict) === false) throw new Reject('refused')
    if (!client.isHere) return null
    if (zone !== null && !client.zones.has(zone)) throw new Reject('hidden-zone')
    const body = conceive(authority, type)
    try {
      for (const { field, args, bytes } of first) {
        let settled = false
        const done = new Promise<void>((resolve, reject) => {
          const settle = {
            resolve: () => {
              settled = true
              resolve()
            },
            reject,
          }
          if (!authority.mayCall(client, body.object, field)) reject(new Reject('no-permission'))
          else {
            const origin = { client, request: 0, only: null, except: null, settle }
            if (!perform(authority, body, field, args, bytes, 0, bytes.length, origin)) reject(new Reject('busy'))
          }
        })
        if (!settled) await done
      }
      if (!client.isHere) throw new Reject('disconnected')
      announce(authority, body, zone, client)
    } catch (error) {
      if (!body.announced) abandon(authority, body)
      throw error
    }
    celebrate(authority, body)
    return body
  } finally {
    client.creating--
  }
}
