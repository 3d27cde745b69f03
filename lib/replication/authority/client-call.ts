/** A call that arrived from a client: the checks in the order of rule 1 of docs/guarantees.md. A refusal changes nothing anywhere. */
import type { Reader } from '../../base/bytes.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'
import { told } from '../../session/server-session.ts'
import type { Authority } from './authority.ts'
import { answerVeto } from './call-answers.ts'
import { argumentBytes, misfitOf, readArguments } from './call-arguments.ts'
import { perform } from './call-path.ts'
import type { RemoteClient } from './client.ts'
import { excess } from './field-rates.ts'
import { takeCall } from './toll.ts'

/** `r` stands at the call's arguments, which end at `r.end`. */
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
  if (!body || !client.sees(body)) {
    if (client.leftView.has(objectId, authority.clock.now()))
      return drop(authority, client, objectId, field, request, 'left-view')
    const reason = body ? 'not-visible' : 'no-object'
    return violate(authority, client, objectId, field, request, reason, `a call to object ${objectId}`)
  }
  if (!field || field.owner !== body.type) {
    const detail = `field number ${key} on a ${body.type.name}`
    return violate(authority, client, objectId, field, request, 'no-field', detail)
  }
  if (request !== 0 && !field.isRequest)
    return violate(authority, client, objectId, field, request, 'no-field', `${field.path} is no request`)
  const { flags } = field
  if (!(flags & Flags.ClientSend || (flags & Flags.OwnerSend && body.ownedBy === client))) {
    if (flags & Flags.OwnerSend && client.leftHands.has(objectId, authority.clock.now()))
      return drop(authority, client, objectId, field, request, 'not-owner-any-more')
    const detail = `${field.path} of object ${objectId}`
    return violate(authority, client, objectId, field, request, 'no-permission', detail)
  }
  if (authority.asksGame) {
    if (!authority.mayCall(client, body.object, field)) {
      const detail = `${field.path} was refused by authorize()`
      return violate(authority, client, objectId, field, request, 'no-permission', detail)
    }
    // authorize() is the game's code: it may have taken the object away, or thrown the client out.
    if (!client.isHere || !client.sees(body)) return drop(authority, client, objectId, field, request, 'left-view')
  }
  const obstacle = takeCall(client)
  if (obstacle === 'quarantined') return drop(authority, client, objectId, field, request, obstacle)
  if (obstacle !== null)
    return violate(authority, client, objectId, field, request, obstacle, 'too many calls per second')
  const { rates } = authority
  if (rates !== null && !rates.takeCall(client.rates, key, client.session.heardAt))
    return violate(authority, client, objectId, field, request, 'rate', excess(field))
  let from = r.position
  let { bytes, end: to } = r
  let args: unknown[]
  try {
    args = readArguments(authority, client, field, r)
    if (field.codec.hasReferences) {
      bytes = argumentBytes(authority, field, args)
      from = 0
      to = bytes.length
    }
  } catch (error) {
    const detail = `${field.path}: ${misfitOf(error).message}`
    return violate(authority, client, objectId, field, request, 'bad-arguments', detail)
  }
  const origin = request === 0 ? client.origin : { ...client.origin, request }
  if (!perform(authority, body, field, args, bytes, from, to, origin))
    drop(authority, client, objectId, field, request, 'busy')
}

/** A race, or too much at once: told, not punished. */
function drop(
  authority: Authority,
  client: RemoteClient,
  objectId: number,
  field: Field | undefined,
  request: number,
  why: 'left-view' | 'not-owner-any-more' | 'busy' | 'quarantined',
): void {
  authority.emit('dropped', { client, object: objectId, field: field?.path ?? null, why })
  answer(authority, client, objectId, field, request, why)
}

function violate(
  authority: Authority,
  client: RemoteClient,
  objectId: number,
  field: Field | undefined,
  request: number,
  reason: 'no-object' | 'not-visible' | 'no-field' | 'no-permission' | 'rate' | 'bad-arguments',
  detail: string,
): void {
  if (authority.violate(client, { reason, detail }, objectId, field ?? null) === 'close') return
  answer(authority, client, objectId, field, request, told(reason))
}

function answer(
  authority: Authority,
  client: RemoteClient,
  objectId: number,
  field: Field | undefined,
  request: number,
  reason: string,
): void {
  const body = authority.bodies.get(objectId)
  answerVeto(authority, client, request, body && client.sees(body) ? body : null, objectId, field, reason)
}
