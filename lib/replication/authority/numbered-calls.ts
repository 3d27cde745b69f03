/** Calls that came as datagrams, which may overtake each other, and those that came once more because they might have been lost. docs/protocol.md, "Datagrams". */
import type { Reader } from '../../base/bytes.ts'
import { MalformedError } from '../../base/errors.ts'
import { getWindow } from '../../protocol/messages.ts'
import * as Op from '../../protocol/opcodes.ts'
import type { Authority } from './authority.ts'
import type { RemoteClient } from './client.ts'
import { clientCall } from './client-call.ts'
import { isHeld } from './held-calls.ts'

/** Fields of objects whose newest number is remembered per client; those that were heard of first are forgotten first. */
const most = 4096

/** The number of the newest call that one client has sent of each Latest field. */
export class Newest {
  readonly #numbers = new Map<number, number>()

  /** Whether a call is no older than those before; it counts as heard then. @param again it must be newer. */
  isNews(key: number, object: number, number: number, again: boolean): boolean {
    const numbers = this.#numbers
    const place = key * 2 ** 32 + object
    const last = numbers.get(place)
    if (last !== undefined && (again ? number <= last : number < last)) return false
    numbers.set(place, number)
    if (numbers.size > most) for (const [oldest] of numbers) return numbers.delete(oldest)
    return true
  }
}

/** Reads a whole datagram. */
export function receiveDatagram(authority: Authority, client: RemoteClient, r: Reader): void {
  if (r.u8() !== Op.Datagram) throw new MalformedError('A datagram begins with its number.')
  const number = r.varint()
  while (r.remaining > 0 && client.isHere) {
    if (r.u8() !== Op.Call) throw new MalformedError('A datagram carries calls alone.')
    numberedCall(authority, client, number, false, r)
  }
}

/** A call with the number of its datagram. @param again it comes once more, the reliable way. */
export function numberedCall(
  authority: Authority,
  client: RemoteClient,
  number: number,
  again: boolean,
  r: Reader,
): void {
  const key = r.varint()
  const object = r.varint()
  const end = getWindow(r)
  const { bytes, end: frameEnd } = r
  const field = authority.schema.fields[key]
  if (field && !isHeld(field)) throw new MalformedError(`${field.path} does not travel by datagram.`)
  if (!field?.isLatest || (client.newest ??= new Newest()).isNews(key, object, number, again)) {
    r.end = end
    clientCall(authority, client, key, object, 0, r)
  }
  // Whatever came of the call, the next one starts behind it.
  r.reset(bytes, end, frameEnd)
}
