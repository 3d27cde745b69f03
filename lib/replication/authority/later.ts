/** Sends on a stored object before it is in the game: the first of them loads it, and all are handled after the load, in order. Rule 13 of docs/guarantees.md. */
import { UsageError } from '../../base/errors.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import { attachment, type NetworkObject } from '../../schema/network-object.ts'
import type { Authority } from './authority.ts'
import { withWriter, writeArguments } from './call-arguments.ts'

/** A stored object that may not be in the game. */
export interface Later<T extends NetworkObject = NetworkObject> {
  readonly id: string
  /** As the object's own `send`. The object is loaded by the first call; a request rejects where there is none, any other call raises the event `error` then. */
  readonly send: T
  /** The object, loaded; null where the store holds none. */
  load(): Promise<T | null>
}

export function later(authority: Authority, type: NetworkClass, id: string): Later {
  const load = async (): Promise<NetworkObject | null> => {
    const object = await authority.persistence.load(id, {})
    const fits: boolean = object === null || object instanceof type.construct
    if (object && !fits)
      throw new UsageError(`The stored object ${id} is a ${object.constructor.name}, not a ${type.name}.`)
    return object
  }
  const send: Record<string, (...args: unknown[]) => unknown> = {}
  for (const field of type.fields) send[field.name] = (...args) => sendLater(authority, field, id, load, args)
  return { id, send: send as unknown as NetworkObject, load }
}

function sendLater(
  authority: Authority,
  field: Field,
  id: string,
  load: () => Promise<NetworkObject | null>,
  args: unknown[],
): unknown {
  // Wrong arguments are told to who gave them, at once.
  withWriter(w => writeArguments(authority, field, w, args))
  const sent = load().then(object => {
    if (!object) throw new UsageError(`${field.path} was sent on the stored object ${id}, which does not exist.`)
    const senders = attachment(object)!.send as Record<string, (...args: unknown[]) => unknown>
    return senders[field.name]!(...args)
  })
  if (field.isRequest) {
    // As a send on an object in the game: one that nobody awaits ends no process.
    sent.catch(() => {})
    return sent
  }
  sent.catch(error => authority.emit('error', { error, where: 'load', object: null, field: field.path }))
  return undefined
}
