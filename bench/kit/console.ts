/** Tables for a terminal. */
import { bound, isMet, written } from './figures.ts'
import type { Table } from './table.ts'

export function inColumns({ title, columns, rows, goals }: Table): string {
  const cells = [
    ['', ...columns.map(column => (column.unit ? `${column.title}, ${column.unit}` : column.title))],
    ...rows.map(({ name, figures }) => [
      name,
      ...columns.map(({ id, digits }) => (figures[id] ? written(figures[id], '', digits) : '-')),
    ]),
  ]
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map(row => row[i]!.length)))
  const lines = cells.map(row =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join('  '),
  )
  const notes = rows.flatMap(({ name, note }) => (note ? [`  ${name}: ${note}`] : []))
  const ends = goals.map(
    goal =>
      `  ${isMet(goal) ? 'met   ' : 'MISSED'} ${goal.text}: ${bound(goal)}, measured ${written(goal.figure, goal.unit)}`,
  )
  return [title, ...lines, ...notes, ...ends].join('\n')
}
