/** The results page: Markdown from results, and from nothing else. */
import { bound, isMet, written } from './figures.ts'
import { describe } from './machine.ts'
import type { Result } from './results.ts'
import type { Goal, Row, Table } from './table.ts'

const kinds: Readonly<Record<Row['kind'], string>> = { fieldcast: 'fieldcast', bare: 'control', peer: 'peer' }

/** @param plots the folder of the plots, as the page links to it. */
export function page(results: readonly Result[], plots: string): string {
  return `${[opening(results), summary(results), ...results.map(result => suite(result, plots))].join('\n\n')}\n`
}

function opening(results: readonly Result[]): string {
  const machines = [...new Set(results.map(({ machine }) => describe(machine)))]
  const where =
    machines.length === 1 ? `Measured on ${machines[0]}.` : 'Measured on several machines; each part names its own.'
  const quick = results.some(result => result.quick)
    ? '\n\n**Parts of this page come from a quick run, of few and short rounds: they show that the benchmarks work and are not to be quoted.**'
    : ''
  return `# Benchmarks

Written by \`npm run bench\`; what each part does and how to run it stands in \`bench/README.md\`. ${where}
Figures are medians over the rounds, with the least and the greatest in parentheses. The contestants of a table take turns within each round, and
ratios are taken round by round: trust them, not the absolute figures of one machine.${quick}`
}

function summary(results: readonly Result[]): string {
  const goals = results.flatMap(result =>
    result.tables.flatMap(table => table.goals.map(goal => ({ goal, title: table.title }))),
  )
  if (goals.length === 0) return '## Goals\n\nNone of these parts has one.'
  const missed = goals.filter(({ goal }) => !isMet(goal)).length
  const said =
    missed === 0
      ? `All ${goals.length} are met.`
      : `${goals.length - missed} of ${goals.length} are met, **${missed} missed**.`
  const lines = goals.map(
    ({ goal, title }) =>
      `| ${cell(title)} | ${cell(goal.text)} | ${bound(goal)} | ${written(goal.figure, goal.unit)} | ${verdict(goal)} |`,
  )
  return `## Goals\n\n${said}\n\n| part | goal | bound | measured | |\n|---|---|---|---|---|\n${lines.join('\n')}`
}

const verdict = (goal: Goal): string => (isMet(goal) ? 'met' : '**missed**')

function suite({ title, at, quick, machine, tables }: Result, plots: string): string {
  const when = `${at.slice(0, 10)}, ${describe(machine)}${quick ? ', a quick run' : ''}`
  return [`## ${title}`, `<sub>${when}</sub>`, ...tables.map(one => table(one, plots))].join('\n\n')
}

function table({ title, text, columns, rows, goals, plots: drawn }: Table, plots: string): string {
  const head = `| | | ${columns.map(column => cell(column.unit ? `${column.title}, ${column.unit}` : column.title)).join(' | ')} |`
  const rule = `|---|---|${'---:|'.repeat(columns.length)}`
  const notes = rows.flatMap(({ note }) => note ?? [])
  const lines = rows.map(({ name, kind, figures, note }) => {
    const bold = kind === 'fieldcast' ? '**' : ''
    const mark = note ? `<sup>${notes.indexOf(note) + 1}</sup>` : ''
    const cells = columns.map(({ id, digits }) => (figures[id] ? written(figures[id], '', digits) : '–'))
    return `| ${bold}${cell(name)}${bold}${mark} | ${kinds[kind]} | ${cells.join(' | ')} |`
  })
  const parts = [`### ${title}`, text, [head, rule, ...lines].join('\n')]
  if (notes.length > 0) parts.push(notes.map((note, i) => `${i + 1}. ${note}`).join('\n'))
  if (goals.length > 0)
    parts.push(
      goals
        .map(goal => `* ${goal.text}: ${bound(goal)}; measured ${written(goal.figure, goal.unit)}: ${verdict(goal)}`)
        .join('\n'),
    )
  for (const plot of drawn) parts.push(`![${plot.title}](${plots}/${plot.id}.svg)`)
  return parts.join('\n\n')
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
