/** The lines of a stream, in constant memory. Lines end with a line feed alone: other ends of lines may stand in JSON. */

/** Bytes of the longest line that is read. */
const MAX_LINE = 64 * 2 ** 20

export interface TextLine {
  /** From 1. */
  readonly number: number
  /** Null where it cannot be read. */
  readonly text: string | null
  /** Why not. */
  readonly problem: string
  /** Bytes of the stream up to its end. */
  readonly end: number
}

export async function* lines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<TextLine> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let parts: Uint8Array[] = []
  let length = 0
  let number = 0
  let end = 0

  function take(): TextLine {
    const line = { number: ++number, end }
    const kept = parts
    const total = length
    parts = []
    length = 0
    if (total > MAX_LINE) return { ...line, text: null, problem: `it is longer than ${MAX_LINE / 2 ** 20} MiB` }
    try {
      return { ...line, text: decoder.decode(kept.length === 1 ? kept[0] : Buffer.concat(kept)), problem: '' }
    } catch {
      return { ...line, text: null, problem: 'it is no UTF-8' }
    }
  }

  function keep(part: Uint8Array): void {
    length += part.length
    end += part.length
    if (length > MAX_LINE) parts = []
    else parts.push(part)
  }

  for await (const chunk of stream) {
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      keep(chunk.subarray(from, at))
      end++
      yield take()
      from = at + 1
    }
    if (from < chunk.length) keep(chunk.subarray(from))
  }
  if (length > 0) yield take()
}
