/** Looks through msgpack before a decoder sees it, in one pass and without allocating for what it claims to hold. */
import type { Kit } from './kit.ts'

/**
 * Checks that `bytes` are exactly one msgpack value, nested at most `maxDepth` deep, without extensions, with valid UTF-8.
 * Gives the number of map entries within. Throws MalformedError.
 */
export function scanPacked({ Reader, MalformedError }: Kit, bytes: Uint8Array, maxDepth: number): number {
  const r = new Reader(bytes)
  /** Values still to come, per level. */
  const open = [1]
  let entries = 0
  const big = (size: number): number => {
    let value = 0
    while (size-- > 0) value = value * 0x100 + r.u8()
    return value
  }
  const container = (values: number): void => {
    // Each value takes at least a byte.
    if (values > r.remaining) throw new MalformedError(`msgpack names ${values} values in ${r.remaining} bytes.`)
    if (open.length > maxDepth) throw new MalformedError(`msgpack is nested deeper than ${maxDepth}.`)
    open.push(values)
  }
  const map = (count: number): void => {
    entries += count
    container(count * 2)
  }
  while (open.length > 0) {
    const level = open.length - 1
    if (open[level]! === 0) {
      open.pop()
      continue
    }
    open[level]!--
    const token = r.u8()
    if (token < 0x80 || token >= 0xe0) continue
    if (token < 0x90) map(token & 0x0f)
    else if (token < 0xa0) container(token & 0x0f)
    else if (token < 0xc0) r.utf8(token & 0x1f)
    else if (token === 0xc0 || token === 0xc2 || token === 0xc3) continue
    else if (token >= 0xc4 && token <= 0xc6) r.take(big(1 << (token - 0xc4)))
    else if (token === 0xca) r.take(4)
    else if (token === 0xcb) r.take(8)
    else if (token >= 0xcc && token <= 0xd3) r.take(1 << ((token - 0xcc) & 3))
    else if (token >= 0xd9 && token <= 0xdb) r.utf8(big(1 << (token - 0xd9)))
    else if (token === 0xdc || token === 0xdd) container(big(2 << (token - 0xdc)))
    else if (token === 0xde || token === 0xdf) map(big(2 << (token - 0xde)))
    else throw new MalformedError(`msgpack's type 0x${token.toString(16)} is not allowed here.`)
  }
  r.finish()
  return entries
}
