/** What makes bytes of an action, and an action of bytes: the library's, or the game's own. */

/**
 * Both sides need the same one: the names are compared when a connection begins.
 *
 * ```ts
 * const plain: Encoder = {
 *   name: 'plain',
 *   encode: value => new TextEncoder().encode(JSON.stringify(value)),
 *   decode: bytes => JSON.parse(new TextDecoder().decode(bytes)),
 * }
 * ```
 */
export interface Encoder {
  /** 1 to 100 characters. @default 'custom' */
  readonly name?: string
  /** What it throws reaches whoever sends. */
  encode(value: any): Uint8Array
  /** Whatever it throws means that the bytes are none of this encoder. It must run nothing that it reads. */
  decode(bytes: Uint8Array): unknown
  /** Loads what it needs, before the first connection. */
  ready?(): Promise<void>
}

/** An encoder, or one of the library's by name. */
export type EncoderOption = Encoder | 'msgpack' | 'json'
