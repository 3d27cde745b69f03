/** What deflating and inflating asks of the platform. Raw deflate, RFC 1951. */
export interface Zlib {
  deflate(bytes: Uint8Array, level: number): Uint8Array
  /** Exactly `size` bytes that end where `bytes` do; null where they are anything else, before more is made of them. */
  inflate(bytes: Uint8Array, size: number): Uint8Array | null
}
