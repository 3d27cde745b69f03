/** What may be written behind `npm run bench --`. */
import { parseArgs } from 'node:util'

export const usage = `npm run bench -- [options]
  --only a,b   these suites alone; the others keep their results
  --quick      few and short rounds: to see that it works, not to quote
  --page       measures nothing: draws the page again from results.json
  --list       names the suites
  --help       this text`

export interface Arguments {
  readonly only: readonly string[]
  readonly quick: boolean
  readonly page: boolean
  readonly list: boolean
  readonly help: boolean
}

/** @throws Error with a sentence for people. */
export function readArguments(words: readonly string[], ids: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const only = values.only.flatMap(text => text.split(',')).filter(id => id !== '')
  const unknown = only.filter(id => !ids.includes(id))
  if (unknown.length > 0)
    throw new Error(`There is no suite ${unknown.map(id => `'${id}'`).join(', ')}. There are: ${ids.join(', ')}.`)
  return { ...values, only }
}
