/** The JSDoc of a member or a class: what the inspector shows beside its name. */
import type { Class, Comment, MethodDefinition, Parsed } from '../source/parse.ts'

/** The first paragraph of the JSDoc above a method, or between its decorators and its name. */
export function docOf(parsed: Parsed, { body }: Class, method: MethodDefinition): string | undefined {
  const previous = body.body[body.body.indexOf(method) - 1]
  return docBetween(parsed, previous?.end ?? body.start, method.key.start)
}

/** The same for a class that is a statement of its file. */
export function classDocOf(parsed: Parsed, node: Class): string | undefined {
  const { body } = parsed.program
  const index = body.findIndex(({ start, end }) => start <= node.start && node.end <= end)
  const isStatement =
    body[index] === node || (body[index] as { declaration?: unknown } | undefined)?.declaration === node
  return isStatement ? docBetween(parsed, body[index - 1]?.end ?? 0, (node.id ?? node.body).start) : undefined
}

function docBetween({ comments }: Parsed, start: number, end: number): string | undefined {
  const comment = lastBetween(comments, start, end)
  if (!comment) return undefined
  const lines = comment.value
    .slice(1)
    .split('\n')
    .map(line => line.replace(/^\s*\*?/, '').trim())
  const first = lines.findIndex(line => line !== '')
  if (first < 0) return undefined
  const rest = lines.slice(first)
  const until = rest.findIndex(line => line === '' || line.startsWith('@'))
  const text = (until < 0 ? rest : rest.slice(0, until)).join(' ')
  return text === '' ? undefined : text
}

/** Comments come in order, and files have many. */
function lastBetween(comments: readonly Comment[], start: number, end: number): Comment | undefined {
  let [low, high] = [0, comments.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (comments[middle]!.end <= end) low = middle + 1
    else high = middle
  }
  for (let at = low - 1; at >= 0 && comments[at]!.start >= start; at--)
    if (comments[at]!.type === 'Block' && comments[at]!.value.startsWith('*')) return comments[at]
  return undefined
}
