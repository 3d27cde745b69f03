/** Puts schemas into the decorator calls of emitted JavaScript: each as the last argument, on the line that is there. */
import type { Comment } from '../source/parse.ts'
import type { Splice } from '../source/source-map.ts'
import type { Match } from './match.ts'

/** `text` in place of what stands from `start` to `end`. */
interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

export interface Injected {
  readonly code: string
  readonly splices: readonly Splice[]
}

/** The code with the schemas in it, or null if it has them. */
export function inject(code: string, comments: readonly Comment[], matches: readonly Match[]): Injected | null {
  const edits = matches
    .flatMap(match => editOf(code, comments, match) ?? [])
    .filter(({ start, end, text }) => code.slice(start, end) !== text)
    .sort((a, b) => a.start - b.start)
  if (edits.length === 0) return null
  let patched = ''
  let done = 0
  for (const { start, end, text } of edits) {
    patched += code.slice(done, start) + text
    done = end
  }
  return { code: patched + code.slice(done), splices: edits.map(edit => spliceOf(code, edit)) }
}

function editOf(code: string, comments: readonly Comment[], match: Match): Edit | null {
  const { call, registration, former, written } = match
  const { schema, decoration } = registration
  const before = call.arguments.at(former ? -2 : -1)
  if (former && !schema) {
    // A class became generic: its fields' types are known to subclasses alone.
    const start = before ? code.lastIndexOf(',', former.start) : former.start
    return { start, end: former.end, text: '' }
  }
  if (!schema) return null
  const json = literal(schema)
  if (former) return { start: former.start, end: former.end, text: json }
  const end = call.end - 1
  const padding = decoration.name === 'field' ? 0 : 2 - written
  const text = [...Array<string>(padding).fill('void 0'), json].join(', ')
  if (!before) return { start: end, end, text }
  return { start: end, end, text: hasComma(code, comments, before.end, end) ? ` ${text}` : `, ${text}` }
}

/** Whether a comma stands behind the last argument: not one inside a comment. */
function hasComma(code: string, comments: readonly Comment[], start: number, end: number): boolean {
  for (let at = code.indexOf(',', start); at >= 0 && at < end; at = code.indexOf(',', at + 1))
    if (!comments.some(comment => comment.start <= at && at < comment.end)) return true
  return false
}

/** One line, also for those to whom U+2028 ends one. */
function literal(schema: object): string {
  return JSON.stringify(schema).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

/** Lines as TypeScript counts them when it writes a source map. */
function spliceOf(code: string, { start, end, text }: Edit): Splice {
  const lines = code.slice(0, start).split(/\r\n|[\n\r\u2028\u2029]/)
  return { line: lines.length - 1, column: lines.at(-1)!.length, removed: end - start, added: text.length }
}
