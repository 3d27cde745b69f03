/** A short fingerprint of long text, so that two sides can compare their schemas by 16 digits. Not for secrets. */

/**
 * FNV-1a with 64 bits over the text's UTF-8, as 16 lowercase hex digits.
 * Offset basis 0xcbf29ce484222325, prime 0x100000001b3.
 */
export function hash64(text: string): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash.toString(16).padStart(16, '0')
}
