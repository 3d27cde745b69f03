/** The messages of a besieged server, and their frames as an honest client writes them. */
import { int32, str, wire } from 'fieldcast'
import { defineMessage, type MessagePlan, messages } from 'fieldcast/messages'
import type { Writer } from '../../lib/base/bytes.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { type Arguments, written } from './intruder.ts'

export const Word = defineMessage('word', { text: str(20), times: int32 }, { id: 100 })
export const Sum = defineMessage('sum', { a: int32, b: int32 }, { id: 101, reply: int32 })
export const Thing = defineMessage('thing', { value: wire.anything }, { id: 102 })
export const Forever = defineMessage('forever', {}, { id: 103, reply: int32 })
export const Strict = defineMessage('strict', {}, { id: 104, state: 'playing', invalid: 'close' })
export const Told = defineMessage('told', { text: str(20) }, { id: 105, side: 'client' })

export const siegeMessages = (): MessagePlan => messages([Word, Sum, Thing, Forever, Strict, Told])

/** One message, with its length. */
export const messageFrame = (put: Arguments): Uint8Array => {
  const inner = written(put)
  return written(w => {
    w.u8(Op.Message)
    w.varint(inner.length)
    w.raw(inner)
  })
}

const word = (w: Writer): void => {
  w.varint(100)
  w.text('hello')
  w.u32(3)
}

export const validMessages = (): Record<string, Uint8Array> => ({
  message: messageFrame(word),
  question: messageFrame(w => (w.varint(2), w.varint(7), w.varint(101), w.u32(3), w.u32(4))),
  reply: messageFrame(w => (w.varint(3), w.varint(7), w.u32(3))),
  refusal: messageFrame(w => (w.varint(4), w.varint(7), w.text('no'))),
})
