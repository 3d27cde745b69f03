/**
 * Arrays as the server receives them in binary form. A commit is one parameter per column whatever its number of rows, nothing is quoted or split, and the game's thread
 * is held up least.
 */
import { Buffer } from 'node:buffer'

const TEXT = 25
const BIGINT = 20
const HEADER = 20

export function texts(values: readonly (string | null)[]): Buffer {
  let size = HEADER
  // Three bytes are the most that a UTF-16 unit takes: good enough for short ones.
  for (const value of values) {
    const length = value?.length ?? 0
    size += 4 + (length > 256 ? Buffer.byteLength(value!) : 3 * length)
  }
  const buffer = Buffer.allocUnsafe(size)
  let at = header(buffer, TEXT, values.length)
  for (const value of values) {
    const written = value === null ? -1 : write(value, buffer, at + 4)
    buffer.writeInt32BE(written, at)
    at += 4 + Math.max(0, written)
  }
  return buffer.subarray(0, at)
}

/** Below these many letters a loop takes less than a call into native code. */
const SHORT = 32

/** Gives how many bytes there are. */
function write(value: string, buffer: Buffer, at: number): number {
  if (value.length > SHORT) return buffer.write(value, at)
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code > 0x7f) return buffer.write(value, at)
    buffer[at + i] = code
  }
  return value.length
}

/** Of safe integers. */
export function integers(values: readonly (number | null)[]): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER + 12 * values.length)
  let at = header(buffer, BIGINT, values.length)
  for (const value of values) {
    buffer.writeInt32BE(value === null ? -1 : 8, at)
    if (value !== null) {
      buffer.writeInt32BE(Math.floor(value / 2 ** 32), at + 4)
      buffer.writeUInt32BE(value >>> 0, at + 8)
    }
    at += value === null ? 4 : 12
  }
  return buffer.subarray(0, at)
}

/** Returns where the items begin. */
function header(buffer: Buffer, type: number, length: number): number {
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0)
  buffer.writeInt32BE(1, 4)
  buffer.writeInt32BE(type, 8)
  // An empty array has no dimension.
  if (length === 0) return 12
  buffer.writeInt32BE(length, 12)
  buffer.writeInt32BE(1, 16)
  return HEADER
}
