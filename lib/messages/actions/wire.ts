/** How actions stand in a message: first each side's greeting with the name of its encoder, then whatever that encoder makes of each. docs/protocol.md, "Messages". */
import type { Reader, Writer } from '../../base/bytes.ts'
import { MalformedError } from '../../base/errors.ts'
import { longestName } from '../definition.ts'
import { envelope, Inner, type Side } from '../envelope.ts'
import type { Talk } from '../talk.ts'

const GREETING = 0
const ACTION = 1

/** What has come: a greeting with the encoder's name, or an action's bytes. */
export type Arrival = { readonly encoder: string } | { readonly bytes: Uint8Array }

export function readArrival(r: Reader): Arrival {
  const kind = r.u8()
  if (kind === ACTION) return { bytes: r.raw(r.remaining) }
  if (kind !== GREETING) throw new MalformedError(`There is no part ${kind} of actions.`)
  const encoder = r.text(longestName)
  r.finish()
  return { encoder }
}

export const greet = (talk: Talk<any>, encoder: string): boolean =>
  talk.tell(Inner.action, w => {
    w.u8(GREETING)
    w.text(encoder)
  })

/** An action as it stands in a frame: the same for all who are sent it. */
export const actionMessage = (side: Side, bytes: Uint8Array): Uint8Array =>
  envelope(side, (w: Writer) => {
    w.varint(Inner.action)
    w.u8(ACTION)
    w.raw(bytes)
  })

/** What is said where the two sides have different encoders. */
export const encodersDiffer = (here: string, there: string): string =>
  `The server's actions travel as ${here}, those of this client as ${there}: give both sides the same encoder.`
