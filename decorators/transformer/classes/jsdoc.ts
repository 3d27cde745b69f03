/** The JSDoc of a member: what the inspector shows beside its name. */
import type { Class, MethodDefinition, Parsed } from '../source/parse.ts'

/** The first paragraph of the JSDoc above a method, or between its decorators and its name. */
export function docOf(parsed: Parsed, { body }: Class, method: MethodDefinition): string | undefined {
  const previous = body.body[body.body.indexOf(method) - 1]
  return docBetween(parsed, previous?.end ?? body.start, method.key.start)
}

function docBetween({ comments }: Parsed, start: number, end: number): string | undefined {
  const comment = comments.findLast(
    ({ type, value, ...at }) => type === 'Block' && value.startsWith('*') && at.start >= start && at.end <= end,
  )
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
