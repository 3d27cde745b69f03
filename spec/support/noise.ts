/** Bytes that nobody sane sends, from a seeded source. */
import type { Random } from '../../lib/base/random.ts'

const below = (random: Random, n: number): number => Math.floor(random.number() * n)

/** Up to 64 random bytes. Half of them begin with a number that means something. */
export function randomFrame(random: Random): Uint8Array {
  const bytes = random.bytes(below(random, 65))
  if (bytes.length > 0 && random.number() < 0.5) bytes[0] = below(random, 0x50)
  return bytes
}

/** One of the frames, or two joined, with one to four things wrong. */
export function mutated(frames: readonly Uint8Array[], random: Random): Uint8Array {
  const pick = (): Uint8Array => frames[below(random, frames.length)]!
  let bytes = random.number() < 0.2 ? [...pick(), ...pick()] : [...pick()]
  for (let left = 1 + below(random, 4); left > 0; left--) {
    const at = below(random, bytes.length + 1)
    switch (below(random, 7)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8))
        break
      case 1:
        bytes[at] = below(random, 256)
        break
      case 2:
        bytes[at] = [0, 0x7f, 0x80, 0xff][below(random, 4)]!
        break
      case 3:
        bytes.splice(at, 1 + below(random, 4))
        break
      case 4:
        bytes.splice(at, 0, ...random.bytes(1 + below(random, 8)))
        break
      case 5:
        bytes = bytes.slice(0, at)
        break
      default:
        bytes.splice(at, 0, ...bytes.slice(below(random, bytes.length + 1)))
    }
  }
  return Uint8Array.from(bytes.slice(0, 1000))
}
