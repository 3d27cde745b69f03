/** What is fuzzed: a decoder, the honest bytes that it knows, and the outcomes that are documented for all others. */
import type { Arbitrary } from 'fast-check'
import fc from 'fast-check'

/** A decoder that stands open for bytes. */
export interface Opened {
  /** Honest traffic, to be mutated. */
  readonly corpus: readonly Uint8Array[]
  /** Takes one input. Throws, or rejects, where what comes of it is no documented outcome. */
  take(bytes: Uint8Array): void | Promise<void>
  /** Throws, or rejects, where something is left, or others have noticed. */
  close(): void | Promise<void>
}

export interface Target {
  /** As in `npm run fuzz -- <name>`. */
  readonly name: string
  /** How many inputs a run in CI takes. */
  readonly runs: number
  open(): Promise<Opened>
}

/** Fails for an error that no decoder may let out. @param documented the classes of those that it may. */
export function allow(error: unknown, ...documented: readonly (new (...args: any[]) => Error)[]): void {
  if (!documented.some(type => error instanceof type)) throw error
}

/** One thing that goes wrong with bytes. Places and lengths are shares of 65,536. */
export interface Edit {
  readonly kind: 'flip' | 'set' | 'cut' | 'remove' | 'insert' | 'repeat' | 'splice' | 'number'
  readonly at: number
  readonly length: number
  readonly value: number
}

const kinds: readonly Edit['kind'][] = ['flip', 'set', 'cut', 'remove', 'insert', 'repeat', 'splice', 'number']
/** Numbers at which lengths and counts go wrong. */
const edges = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff]
const longest = 4096

/** Random bytes, or honest ones with a few things wrong; shrinks to fewer. */
export function inputsFor(corpus: readonly Uint8Array[]): Arbitrary<Uint8Array> {
  const share = fc.integer({ min: 0, max: 0xffff })
  const edit: Arbitrary<Edit> = fc.record({
    kind: fc.constantFrom(...kinds),
    at: share,
    length: share,
    value: fc.integer({ min: 0, max: 255 }),
  })
  const mutated = fc
    .tuple(fc.nat({ max: Math.max(0, corpus.length - 1) }), fc.array(edit, { minLength: 1, maxLength: 5 }))
    .map(([from, edits]) => edited(corpus, from, edits))
  const random = fc.uint8Array({ maxLength: 96 })
  return corpus.length === 0 ? random : fc.oneof({ weight: 1, arbitrary: random }, { weight: 4, arbitrary: mutated })
}

/** Some honest bytes, edited. */
export function edited(corpus: readonly Uint8Array[], from: number, edits: readonly Edit[]): Uint8Array {
  let bytes = [...corpus[from]!]
  for (const { kind, at: share, length: part, value } of edits) {
    const at = Math.floor((share / 0x1_0000) * (bytes.length + 1))
    const count = 1 + (part & 15)
    if (kind === 'flip' && at < bytes.length) bytes[at]! ^= 1 << (value & 7)
    else if (kind === 'set') bytes[at] = value
    else if (kind === 'cut') bytes = bytes.slice(0, at)
    else if (kind === 'remove') bytes.splice(at, count)
    else if (kind === 'insert') bytes.splice(at, 0, ...Array.from({ length: count }, (_, i) => (value * (i + 1)) & 255))
    else if (kind === 'repeat') bytes.splice(at, 0, ...bytes.slice(at, at + count * 4))
    else if (kind === 'splice') bytes.splice(at, bytes.length, ...corpus[part % corpus.length]!)
    else if (kind === 'number') bytes.splice(at, 4, ...numberBytes(edges[value % edges.length]!, part % 3))
  }
  return Uint8Array.from(bytes.slice(0, longest))
}

/** Either byte order, or as a varint. */
function numberBytes(value: number, form: number): number[] {
  if (form < 2) {
    const bytes = [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24]
    return form === 0 ? bytes : bytes.reverse()
  }
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128)
  return [...bytes, value]
}
