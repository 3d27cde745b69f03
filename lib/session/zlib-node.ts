/** Node's own zlib, at once: what is deflated is rare, and a server's frames keep their order without waiting for each other. */
import { type DeflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Zlib } from './zlib.ts'

/** Least that zlib takes for a piece. */
const leastChunk = 64

export const zlib: Zlib | null = {
  deflate: (bytes, level) => plain(deflateRawSync(bytes, { level })),
  inflate(bytes, size) {
    try {
      const options = { maxOutputLength: size, chunkSize: Math.max(size, leastChunk), info: true } as const
      // With `info` the engine comes too, which says how much it has read.
      const { buffer, engine } = inflateRawSync(bytes, options) as unknown as { buffer: Uint8Array; engine: DeflateRaw }
      return buffer.length === size && engine.bytesWritten === bytes.length ? plain(buffer) : null
    } catch {
      return null
    }
  },
}

/** Whose `slice` copies. */
function plain({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}
