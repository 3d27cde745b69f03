/** The only door to chance. A seed makes a run repeatable; without one it is the platform's secure source. */

export interface Random {
  /** A number in [0, 1). */
  number(): number
  /** `count` random bytes. */
  bytes(count: number): Uint8Array
}

/** Unpredictable: for tokens and ids. */
export const systemRandom: Random = {
  number: () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32,
  bytes: count => crypto.getRandomValues(new Uint8Array(count)),
}

/** Repeatable: equal seeds give equal sequences (xorshift32 over a mixed seed). Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ (seed >>> 13)) | 0 || 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  return {
    number: () => next() / 2 ** 32,
    bytes: count => Uint8Array.from({ length: count }, () => next() >>> 24),
  }
}
