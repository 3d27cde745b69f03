/** The size of text on the wire. */

/** How many bytes `text` takes as UTF-8. */
export function utf8Length(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) count++
    else {
      count += 2
      // A pair of surrogates takes 4 bytes for 2 units, a lone one the 3 of U+FFFD.
      if (unit >= 0xd800 && unit < 0xdc00) {
        const next = text.charCodeAt(i + 1)
        if (next >= 0xdc00 && next < 0xe000) i++
      }
    }
  }
  return count
}
