/** What signing asks of the platform. */
export interface Hmac {
  /** HMAC-SHA256 of a text as 64 hex digits. */
  sign(key: string, text: string): string
  /** Whether two signatures are the same, in a time that tells nothing of where they differ. */
  isSame(one: string, other: string): boolean
}
