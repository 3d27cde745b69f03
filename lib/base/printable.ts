/** What a stranger says, fit for a log: it can neither forge a line nor command a terminal. */

/** The lines of a text that are not empty, without control, format and unassigned characters, no more and no longer than said. */
export function printable(text: string, lines: number, length: number): string[] {
  return text
    .split('\n', lines)
    .map(line => [...line.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')].slice(0, length).join('').trim())
    .filter(line => line !== '')
}
