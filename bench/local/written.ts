/** Bytes as a client would write them. */
import { Op, Writer } from './engine.ts'

export function written(put: (w: Writer) => void): Uint8Array {
  const w = new Writer()
  put(w)
  return w.slice()
}

/** A call of a schema's first field on an object. `args` are written behind their length. */
export function callFrame(object: number, size: number, args: (w: Writer) => void): Uint8Array {
  return written(w => {
    w.u8(Op.Call)
    w.varint(0)
    w.varint(object)
    w.varint(size)
    args(w)
  })
}
