/** What a client is told of a call of its own, besides the call itself coming back. Rule 8 of docs/guarantees.md. */
import type { Writer } from '../../base/bytes.ts'
import { putReason } from '../../protocol/messages.ts'
import * as Op from '../../protocol/opcodes.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import type { RemoteClient } from './client.ts'

/** Tells a client that its call did not pass: a request is refused; another call is vetoed, with the value that stands if it was predicted. */
export function answerVeto(
  authority: Authority,
  client: RemoteClient,
  request: number,
  body: Body | null,
  objectId: number,
  field: Field | undefined,
  reason: string,
): void {
  if (!client.isHere) return
  if (request !== 0) {
    authority.refuse(client, request, reason)
  } else if (field && body) {
    const standing =
      field.has(Flags.Predict) && field.isKept && client.sees(body) ? authority.standing(body, field, client) : null
    const put = (w: Writer, stands: Uint8Array | null): void => {
      w.u8(Op.Vetoed)
      w.varint(field.key)
      w.varint(objectId)
      putReason(w, reason)
      w.u8(stands ? 1 : 0)
      if (stands) w.raw(stands)
    }
    client.answer(
      w => put(w, standing),
      w => put(w, null),
    )
  }
}

/** Tells a client that its oldest prediction of a field will not come back as it was. */
export function settlePrediction(authority: Authority, client: RemoteClient, body: Body, field: Field): void {
  client.answer(w => {
    w.u8(Op.Settled)
    w.varint(field.key)
    w.varint(body.id)
  }, null)
}
