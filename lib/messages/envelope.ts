/** How messages stand in a frame: their opcode, their length, an id, and what belongs to that. docs/protocol.md, "Messages". */
import { Reader, Writer } from '../base/bytes.ts'
import { MalformedError } from '../base/errors.ts'
import * as Op from '../protocol/opcodes.ts'

/** The library's own ids. What follows each is written beside whoever handles it. */
export const Inner = {
  /** The server's messages: how many, and of each its id, name and hash. */
  names: 1,
  /** A number of the asker's, then a message that is to be answered. */
  ask: 2,
  /** The number, then the reply. */
  reply: 3,
  /** The number, then why there is no reply. */
  refused: 4,
  /** Of shared parameters: of a client one that it sets, of the server what stands. */
  parameter: 5,
  /** An action: whatever the encoder of both sides makes of it. */
  action: 6,
  /** Of a byte stream: its number, then what is done. */
  stream: 7,
} as const

export type Side = 'server' | 'client'

/** The opcode of what a side sends. */
export const opOf = (side: Side): number => (side === 'server' ? Op.Told : Op.Message)

const body = new Writer()
const whole = new Writer()

/** One message as it stands in a frame. */
export function envelope(side: Side, put: (w: Writer) => void): Uint8Array {
  body.reset()
  put(body)
  whole.reset()
  whole.u8(opOf(side))
  whole.varint(body.position)
  whole.raw(body.bytes, 0, body.position)
  return whole.slice()
}

/** A copy of what an envelope holds; the frame's reader stands behind it afterwards. */
export function opened(r: Reader): Reader {
  const length = r.varint()
  if (length > r.remaining) throw new MalformedError('A message ends behind its frame.')
  const at = r.take(length)
  return windowed(r.bytes, at, at + length)
}

function windowed(bytes: Uint8Array, start: number, end: number): Reader {
  const r = new Reader()
  r.reset(bytes, start, end)
  return r
}
