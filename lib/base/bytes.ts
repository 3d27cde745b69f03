/** Bytes in and out, little-endian throughout. Writing trusts its caller; reading trusts nobody and checks every bound. */
import { MalformedError } from './errors.ts'

const encoder = new TextEncoder()
// ignoreBOM: a byte order mark is a character like any other, not to be eaten.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// Below these many bytes a loop over ASCII beat the platform's decoder on Node 20.
const SHORT_TO_READ = 14

/** An append-only run of bytes that grows by doubling. The caller validates what it writes: numbers are cut to their width. */
export class Writer {
  /** The backing store; only the first `position` bytes mean anything. Replaced when it grows. */
  declare bytes: Uint8Array<ArrayBuffer>
  position = 0
  /** For the widths that few types have. */
  declare view: DataView

  /** @param capacity first size of the backing store in bytes. */
  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Starts again at byte 0 and keeps the backing store. */
  reset(): void {
    this.position = 0
  }

  /** Takes back everything written after `position`. */
  rewind(position: number): void {
    this.position = position
  }

  /** A copy of the bytes from `from` to `to`; of everything written where absent. */
  slice(from = 0, to: number = this.position): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(from, to)
  }

  /** Makes room for `count` bytes, steps over them and gives the position of the first. It may replace `bytes` and `view`: reserve first. */
  reserve(count: number): number {
    const at = this.position
    const end = at + count
    if (end > this.bytes.length) {
      const old = this.bytes
      this.bytes = new Uint8Array(Math.max(end, old.length * 2))
      this.bytes.set(old)
      this.view = new DataView(this.bytes.buffer)
    }
    this.position = end
    return at
  }

  u8(value: number): void {
    const at = this.reserve(1)
    this.bytes[at] = value
  }

  u16(value: number): void {
    const at = this.reserve(2)
    this.view.setUint16(at, value, true)
  }

  u32(value: number): void {
    const at = this.reserve(4)
    this.view.setUint32(at, value, true)
  }

  i8(value: number): void {
    this.u8(value)
  }

  i16(value: number): void {
    this.u16(value)
  }

  i32(value: number): void {
    this.u32(value)
  }

  f32(value: number): void {
    const at = this.reserve(4)
    this.view.setFloat32(at, value, true)
  }

  f64(value: number): void {
    const at = this.reserve(8)
    this.view.setFloat64(at, value, true)
  }

  /** Unsigned LEB128: 7 bits a byte, lowest first. `value` is a whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    let at = this.reserve(8)
    while (value >= 0x80) {
      this.bytes[at++] = (value % 0x80) | 0x80
      value = Math.floor(value / 0x80)
    }
    this.bytes[at++] = value
    this.position = at
  }

  /** A varint of 2n for n >= 0, of -2n - 1 for n < 0. `value` is a safe whole number. */
  zigzag(value: number): void {
    // The low 6 bits apart, because doubling a safe number may leave the safe range.
    const size = value < 0 ? -1 - value : value
    const low = ((size % 64) << 1) | (value < 0 ? 1 : 0)
    this.u8(size < 64 ? low : low | 0x80)
    if (size >= 64) this.varint(Math.floor(size / 64))
  }

  /** The bytes as they are, without their length. */
  raw(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    const at = this.reserve(end - start)
    this.bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at)
  }

  /** A varint with the length in bytes, then UTF-8. A lone surrogate is written as U+FFFD. */
  text(text: string): void {
    // Written behind the most room that its length may take, then moved: the length is known only afterwards.
    const at = this.reserve(text.length * 3 + 8)
    const room = at + 8
    const { written } = encoder.encodeInto(text, this.bytes.subarray(room))
    this.position = at
    this.varint(written)
    this.bytes.copyWithin(this.position, room, room + written)
    this.position += written
  }
}

/** Where floats are put together. A view of each frame would cost more than reading all of a call: for a small array that is new, `.buffer` alone takes some 400 ns. */
const float = new DataView(new ArrayBuffer(8))

/** Reads a window of bytes. Every read that would leave the window throws MalformedError; the position is then of no use. */
export class Reader {
  /** The source, shared and not copied. */
  declare bytes: Uint8Array
  declare position: number
  declare end: number

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.reset(bytes)
  }

  /** Reads `bytes` from `start` up to but without `end` from now on. */
  reset(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    this.bytes = bytes
    this.position = start
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  /** Steps over `count` bytes and gives the position of the first of them. */
  take(count: number): number {
    const at = this.position
    if (count > this.end - at) throw new MalformedError('The bytes end too early.')
    this.position = at + count
    return at
  }

  u8(): number {
    return this.bytes[this.take(1)]!
  }

  u16(): number {
    const at = this.take(2)
    return this.bytes[at]! | (this.bytes[at + 1]! << 8)
  }

  u32(): number {
    return this.i32() >>> 0
  }

  i8(): number {
    return (this.u8() << 24) >> 24
  }

  i16(): number {
    return (this.u16() << 16) >> 16
  }

  i32(): number {
    const { bytes } = this
    const at = this.take(4)
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
  }

  f32(): number {
    float.setInt32(0, this.i32())
    return float.getFloat32(0)
  }

  f64(): number {
    float.setInt32(4, this.i32())
    float.setInt32(0, this.i32())
    return float.getFloat64(0)
  }

  /** A whole number from 0 to 2^53 - 1. Longer forms than needed are refused: each number has one form. */
  varint(): number {
    let byte = this.u8()
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    let scale = 0x80
    do {
      byte = this.u8()
      value += (byte & 0x7f) * scale
      scale *= 0x80
      // 2^56 is the scale behind the eighth byte: nothing that fits needs a ninth.
      if (value > Number.MAX_SAFE_INTEGER || scale > 2 ** 56) throw new MalformedError('A varint is out of range.')
    } while (byte >= 0x80)
    if (byte === 0) throw new MalformedError('A varint is not in its shortest form.')
    return value
  }

  /** The reverse of Writer.zigzag. */
  zigzag(): number {
    const byte = this.u8()
    let size = (byte & 0x7f) >> 1
    if (byte >= 0x80) {
      const rest = this.varint()
      if (rest === 0) throw new MalformedError('A varint is not in its shortest form.')
      size += rest * 64
    }
    const value = byte & 1 ? -1 - size : size
    if (!Number.isSafeInteger(value)) throw new MalformedError('A varint is out of range.')
    return value
  }

  /** A copy of the next `count` bytes. */
  raw(count: number): Uint8Array<ArrayBuffer> {
    const at = this.take(count)
    // Not bytes.slice: for a Buffer that would give a view, not a copy.
    return new Uint8Array(this.bytes.subarray(at, at + count))
  }

  /** What Writer.text wrote. More than `maxBytes` bytes are refused before anything is read. */
  text(maxBytes: number): string {
    const count = this.varint()
    if (count > maxBytes) throw new MalformedError('A text is too long.')
    return this.utf8(count)
  }

  /** The next `count` bytes as text. Invalid and overlong UTF-8 is refused. */
  utf8(count: number): string {
    const at = this.take(count)
    if (count < SHORT_TO_READ) {
      let text = ''
      let i = at
      for (; i < this.position; i++) {
        const byte = this.bytes[i]!
        if (byte >= 0x80) break
        text += String.fromCharCode(byte)
      }
      if (i === this.position) return text
    }
    try {
      return decoder.decode(this.bytes.subarray(at, at + count))
    } catch {
      throw new MalformedError('A text is not valid UTF-8.')
    }
  }

  /** Nothing may be left: throws MalformedError where bytes trail behind the last value. */
  finish(): void {
    if (this.position !== this.end) throw new MalformedError('Bytes trail behind the last value.')
  }
}
