/**
 * Texts as columns hold them. PostgreSQL takes neither NUL nor half a surrogate pair, so a text with one of these, or one that begins with a backslash, is stored as a
 * backslash and the text in which `\` is `\\`, NUL is `\0` and half a pair is `\ud83d`. All others are stored as they are. No two texts are stored alike.
 */
import { isWellFormed } from '../../schema/codec/text.ts'

export const toColumn = (text: string): string => (isOdd(text) ? escaped(text) : text)

const isOdd = (text: string): boolean => text.charCodeAt(0) === 0x5c || text.includes('\0') || !isWellFormed(text)

/** The way back. Undefined for what `toColumn` never writes. */
export function fromColumn(stored: string): string | undefined {
  if (!stored.startsWith('\\')) return stored
  const text = stored
    .slice(1)
    .replace(/\\(\\|0|u[0-9a-f]{4})/g, (_, sign: string) =>
      sign === '\\' ? sign : String.fromCharCode(Number.parseInt(sign.slice(1) || '0', 16)),
    )
  return toColumn(text) === stored ? text : undefined
}

function escaped(text: string): string {
  return `\\${text.replace(/[\\\0]|\p{Surrogate}/gu, sign => {
    if (sign === '\\') return '\\\\'
    return sign === '\0' ? '\\0' : `\\u${sign.charCodeAt(0).toString(16)}`
  })}`
}
