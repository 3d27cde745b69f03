/** What a JavaScript file registers whose source is gone. */
import { decoratorNames } from '../classes/decorations.ts'
import { type Parsed, parse } from '../source/parse.ts'
import { emittedClasses } from './decorated.ts'
import { lastName, propertyOf } from './syntax.ts'

const names: readonly string[] = decoratorNames
const any = new RegExp(`\\b(${names.join('|')})\\b`)

export interface Left {
  readonly classes: readonly string[]
  /** Whether an earlier patch has put schemas into it. */
  readonly patched: boolean
}

/** Null for a file in which no decorators of this package can be seen. */
export function leftIn(file: string, code: string): Left | null {
  if (!/fieldcast/.test(code) || !any.test(code)) return null
  const { program, error }: Parsed = parse(file, code)
  if (error) return null
  const calls = emittedClasses(program).flatMap(({ name, sites }) =>
    sites.flatMap(({ decorators }) =>
      decorators.flatMap(call => (call.type === 'CallExpression' ? [{ name, call }] : [])),
    ),
  )
  const ours = calls.filter(({ call }) => names.includes(lastName(call.callee) ?? ''))
  if (ours.length === 0) return null
  return {
    classes: [...new Set(ours.map(({ name }) => name || 'a class without a name'))],
    patched: ours.some(({ call }) => {
      const last = call.arguments.at(-1)
      return (
        propertyOf(last, 'params') !== undefined ||
        (call.arguments.length === 3 && propertyOf(last, 'name') !== undefined)
      )
    }),
  }
}
