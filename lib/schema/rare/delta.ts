/** The arguments of a call as the difference to those of an earlier one, number by number. docs/protocol-values.md has the bytes. */
import type { Reader } from '../../base/bytes.ts'
import type { FieldSchema } from '../shape.ts'

/** The widths of a call's arguments in bytes, 1 to 4. Each is read as an unsigned whole number, whatever it stands for: floats that are near each other have bits that are near. */
export type Layout = readonly number[]

const widths: Readonly<Record<string, number>> = {
  int8: 1,
  uint8: 1,
  bool: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
}

/** Null where some argument is no number of at most 32 bits, or there is none. */
export function layoutOf({ params }: FieldSchema): Layout | null {
  const layout = params.map(([, shape]) =>
    typeof shape === 'string' ? widths[shape] : shape[0] === 'quantized' ? Math.ceil(shape[3] / 8) : undefined,
  )
  return layout.length > 0 && layout.every(width => width !== undefined && width <= 4) ? (layout as Layout) : null
}

/** The most bytes that a step takes per argument. */
export const longestStep = 5

/** Writes what leads from `base` to `next` to where `at` is in `out`, and gives the place behind it: per argument the step as a varint, 2n for n >= 0 and -2n - 1 for n < 0, the short way round. */
export function writeDelta(out: Uint8Array, at: number, layout: Layout, base: Uint8Array, next: Uint8Array): number {
  let from = 0
  for (let i = 0; i < layout.length; i++) {
    const width = layout[i]!
    const shift = 32 - 8 * width
    const step = ((load(next, from, width) - load(base, from, width)) << shift) >> shift
    let zigzag = ((step << 1) ^ (step >> 31)) >>> 0
    for (; zigzag >= 0x80; zigzag >>>= 7) out[at++] = zigzag | 0x80
    out[at++] = zigzag
    from += width
  }
  return at
}

/** Takes the step that was written, on `bytes` from `at` on. */
export function applyDelta(r: Reader, layout: Layout, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < layout.length; i++) {
    const width = layout[i]!
    const zigzag = r.varint()
    let value = (load(bytes, at, width) + ((zigzag >>> 1) ^ -(zigzag & 1))) | 0
    for (const end = at + width; at < end; value >>>= 8) bytes[at++] = value
  }
}

function load(bytes: Uint8Array, at: number, width: number): number {
  let value = bytes[at]!
  for (let i = 1; i < width; i++) value |= bytes[at + i]! << (8 * i)
  return value
}
