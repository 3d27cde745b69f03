/** Text: its length is known and checked before any of it is copied. */
import { type Codec, MAX_COUNT } from './contract.ts'
import { Misfit } from './misfit.ts'

const loneSurrogate = /\p{Surrogate}/u
const native = (String.prototype as { isWellFormed?: () => boolean }).isWellFormed

/** Whether UTF-8 can carry the text. */
export const isWellFormed = (text: string): boolean => (native ? native.call(text) : !loneSurrogate.test(text))

/** Whether `text` has at most `max` code points. */
export function fitsPoints(text: string, max: number): boolean {
  // A code point takes one or two units, so most texts need no count.
  if (text.length <= max) return true
  if (text.length > 2 * max) return false
  let points = text.length
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) points--
  return points <= max
}

/** @param max code points. */
export function stringCodec(max: number = MAX_COUNT): Codec {
  const fits = (value: unknown): value is string => typeof value === 'string' && fitsPoints(value, max)
  return {
    minBytes: 1,
    write(w, value) {
      if (!fits(value)) throw new Misfit(`text of at most ${max} characters`, value)
      if (!isWellFormed(value)) throw new Misfit('text without lone surrogates', value)
      w.text(value)
    },
    read(r) {
      const count = r.varint()
      if (count > max * 4) throw new Misfit(`at most ${max * 4} bytes of text`, count)
      const text = r.utf8(count)
      if (!fits(text)) throw new Misfit(`text of at most ${max} characters`, text)
      return text
    },
  }
}
