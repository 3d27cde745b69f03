/** Which name was meant by one that is misspelt. */

/** The word of these that was probably meant; undefined where none is like it. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const ranked = words
    .map(each => ({ each, distance: distance(word.toLowerCase(), each.toLowerCase()) }))
    .filter(({ each, distance }) => distance <= Math.max(1, each.length >> 1))
    .sort((a, b) => a.distance - b.distance)
  return ranked[0]?.each
}

/** How many letters have to be put in, taken out or replaced. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [above, letter] of [...from].entries()) {
    const next = [above + 1]
    for (let i = 1; i <= to.length; i++)
      next.push(Math.min(next[i - 1]! + 1, row[i]! + 1, row[i - 1]! + (letter === to[i - 1] ? 0 : 1)))
    row = next
  }
  return row[to.length]!
}
