/** A short fingerprint of long text, so that two sides can compare their schemas by 16 digits. Not for secrets. */

const encoder = new TextEncoder()

/**
 * FNV-1a with 64 bits over the text's UTF-8, as 16 lowercase hex digits.
 * Offset basis 0xcbf29ce484222325, prime 0x100000001b3.
 */
export function hash64(text: string): string {
  // Two 32-bit halves: a bigint per byte would cost a hundred times as much.
  let high = 0xcbf29ce4
  let low = 0x84222325
  for (const byte of encoder.encode(text)) {
    const xored = (low ^ byte) >>> 0
    // The prime is 2^40 + 435; every product stays below 2^53.
    const product = xored * 435
    low = product >>> 0
    high = (high * 435 + Math.floor(product / 0x100000000) + (xored << 8)) >>> 0
  }
  return hex(high) + hex(low)
}

const hex = (half: number): string => half.toString(16).padStart(8, '0')
