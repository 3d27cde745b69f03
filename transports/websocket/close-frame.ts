/** Between close codes and the close frame of WebSocket, which has only 4000 to 4999 for applications and 123 bytes of text. */
import { CloseReason, FIRST_GAME_CODE } from '../../lib/protocol/close.ts'

/** How long the other end may take to follow a close frame before the connection ends by force, ms. */
export const PATIENCE = 2000

const BASE = 4000
/** Stands for every code of a game's own: the exact number is in the session's last message. */
const OTHER = 4999
const MAX_TEXT = 123

/** The code of the close frame that stands for `code`. */
export function toFrameCode(code: number): number {
  return code > 0 && code < FIRST_GAME_CODE - 1 ? BASE + code : OTHER
}

/** The close code that a close frame stands for; undefined where it says nothing that we know. */
export function fromFrameCode(frameCode: number): number | undefined {
  if (frameCode > BASE && frameCode < OTHER) return frameCode - BASE
  switch (frameCode) {
    case 1000:
      return CloseReason.normal
    // The platform's own words for what the wire refused: protocol error, unwanted data, bad UTF-8, policy.
    case 1002:
    case 1003:
    case 1007:
    case 1008:
      return CloseReason.malformed
    case 1009:
      return CloseReason['too-large']
    default:
      return undefined
  }
}

/** `text`, cut between two characters where its UTF-8 is longer than a close frame can hold. */
export function toFrameText(text: string): string {
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(MAX_TEXT)).read)
}
