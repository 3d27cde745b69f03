/** Deflated frames at a client, by the platform's streams. Loaded when the first one comes, or goes. It imports nothing that runs: bundlers would cut that out of the first piece. */

// As in protocol/opcodes.ts.
const Deflated = 0x05

/** The frame in a deflated one; null where it is longer than `most`, or anything but what it says it is. */
export async function inflate(bytes: Uint8Array<ArrayBuffer>, most: number): Promise<Uint8Array | null> {
  let size = 0
  let at = 1
  for (let scale = 1; at < 8; scale *= 0x80) {
    const byte = bytes[at++] ?? 0
    size += (byte & 0x7f) * scale
    if (byte < 0x80) break
  }
  if (size > most) return null
  try {
    const plain = await through(new DecompressionStream('deflate-raw'), bytes.subarray(at), size)
    return plain?.length === size ? plain : null
  } catch {
    return null
  }
}

/** A frame deflated, or itself where that is no smaller. */
export async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const head = [Deflated]
  for (let rest = bytes.length; ; rest = Math.floor(rest / 0x80)) {
    head.push(rest < 0x80 ? rest : (rest % 0x80) | 0x80)
    if (rest < 0x80) break
  }
  try {
    const deflated = await through(new CompressionStream('deflate-raw'), bytes, bytes.length - head.length - 1)
    if (!deflated) return bytes
    const frame = new Uint8Array(head.length + deflated.length)
    frame.set(head)
    frame.set(deflated, head.length)
    return frame
  } catch {
    return bytes
  }
}

/** What a stream makes of bytes; null where that is more than `most`, of which no more is made than that. */
async function through(
  { readable, writable }: GenericTransformStream,
  bytes: Uint8Array,
  most: number,
): Promise<Uint8Array | null> {
  const writer = writable.getWriter()
  // What goes wrong there is thrown by the reader, too.
  const written = (): void => {}
  writer.write(bytes).then(written, written)
  writer.close().then(written, written)
  const reader = readable.getReader() as ReadableStreamDefaultReader<Uint8Array>
  const parts: Uint8Array[] = []
  let length = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length
    if (length > most) {
      reader.cancel().then(written, written)
      return null
    }
    parts.push(part.value)
  }
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
