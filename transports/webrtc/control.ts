/**
 * What the reliable channel carries. A binary message is a frame. A text message says what a binary one cannot:
 *
 *     long 300000         the binary messages that follow, none of them empty, are the pieces of one frame of so many bytes
 *     close 3 some words  the sender has closed with this code and text; the receiver ends the connection
 */

/** One text message. */
export type Control =
  | { readonly kind: 'long'; readonly length: number }
  | { readonly kind: 'close'; readonly code: number; readonly text: string }

/** Longest text of a close, UTF-16 units. */
const MAX_TEXT = 1024

export function longMessage(length: number): string {
  return `long ${length}`
}

/** The text is cut at a character where it is longer than 1,024. */
export function closeMessage(code: number, text: string): string {
  const cut = text.slice(0, MAX_TEXT)
  return `close ${code} ${text.length > MAX_TEXT ? cut.replace(/[\ud800-\udbff]$/, '') : cut}`
}

/** What a text message says; null where it says nothing known. */
export function readControl(message: string): Control | null {
  if (message.length > MAX_TEXT + 16) return null
  const [, length] = /^long (\d{1,10})$/.exec(message) ?? []
  if (length !== undefined) return { kind: 'long', length: Number(length) }
  const [, code, text = ''] = /^close (\d{1,5}) (.*)$/s.exec(message) ?? []
  return code === undefined || Number(code) > 0xffff ? null : { kind: 'close', code: Number(code), text }
}
