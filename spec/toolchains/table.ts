/** The matrix as a table: for the console, and for the documentation. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Cell, Finding } from './cell.ts'

const mark = (finding: Finding): string => (finding === null ? '–' : finding === '' ? 'yes' : 'NO')

export function line({ recipe, versions, buildMs, hash, behaviour, cross }: Cell): string {
  const build = buildMs === null ? '' : `${Math.round(buildMs)} ms`
  return [
    recipe.name.padEnd(32),
    versions.padEnd(52),
    build.padStart(9),
    ...[hash, behaviour, cross].map(finding => mark(finding).padStart(9)),
  ].join(' ')
}

export const heading: string = [
  'toolchain'.padEnd(32),
  'versions'.padEnd(52),
  ...['build', 'hash', 'behaviour', 'cross'].map(title => title.padStart(9)),
].join(' ')

/** What was wrong, in full. */
export function complaints({ recipe, hash, behaviour, cross }: Cell): string[] {
  return Object.entries({ hash, behaviour, cross }).flatMap(([part, finding]) =>
    finding ? [`${recipe.name}, ${part}: ${finding}`] : [],
  )
}

/** What a forgetful user of one toolchain reads. */
export interface Said {
  readonly title: string
  readonly text: string
}

const begin = '<!-- written by `npm run toolchains -- --write` -->'
const end = '<!-- end -->'

/** Puts both tables into a page, between its markers; makes the page where there is none. */
export function writeTables(file: string, cells: readonly Cell[], said: readonly Said[]): void {
  const tables = [
    begin,
    '| toolchain | tried with | same schema | same game | with the reference |',
    '|---|---|---|---|---|',
    ...cells.map(
      ({ recipe, versions, hash, behaviour, cross }) =>
        `| ${recipe.title} | ${versions} | ${[hash, behaviour, cross].map(mark).join(' | ')} |`,
    ),
    '',
    '| forgotten | the error |',
    '|---|---|',
    ...said.map(({ title, text }) => `| ${title} | ${errorIn(text)} |`),
    end,
  ].join('\n')
  const before = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const [from, to] = [before.indexOf(begin), before.indexOf(end)]
  const after = from >= 0 && to > from ? before.slice(to + end.length) : '\n'
  writeFileSync(file, `${before.slice(0, from >= 0 ? from : undefined)}${tables}${after}`)
}

/** Its first line, without paths of this run and the name that a minifier gave the error's class. */
function errorIn(text: string): string {
  const [line = 'nothing'] = /(?:\w+Error(?: \[\w+\])?: |Player\.moveTo ).*/.exec(text) ?? []
  const short = line.replace(/\/\S*\//g, '')
  return `\`${short.length > 110 ? `${short.slice(0, 110)}…` : short}\``
}
