/** A match's readings as rows of a table. */
import { type Column, type Figure, figureOf, type Row, ratioOf } from '../kit/table.ts'
import type { Contestant } from './contestant.ts'
import type { Reading } from './match.ts'

export const columns: readonly Column[] = [
  { id: 'cpu', title: 'CPU per delivered move', unit: 'µs' },
  { id: 'ratio', title: 'to bare', unit: '' },
  { id: 'bytes', title: 'bytes per delivered move', unit: '' },
  { id: 'p50', title: 'age p50', unit: 'ms' },
  { id: 'p99', title: 'age p99', unit: 'ms' },
  { id: 'seen', title: 'moves seen', unit: '%' },
  { id: 'allocated', title: 'heap per delivered move', unit: 'bytes', digits: 2 },
  { id: 'busy', title: 'load busy', unit: '%', digits: 2 },
]

const each = (readings: readonly Reading[], what: keyof Reading): readonly number[] =>
  readings.map(reading => reading[what])

export const figure = (readings: readonly Reading[], what: keyof Reading): Figure => figureOf(each(readings, what))
export const ratio = (readings: readonly Reading[], to: readonly Reading[], what: keyof Reading): Figure =>
  ratioOf(each(readings, what), each(to, what))

/** By how much one is more than the other, round by round. */
export const excess = (readings: readonly Reading[], over: readonly Reading[], what: keyof Reading): Figure =>
  figureOf(readings.map((reading, i) => reading[what] - over[i]![what]))

/** Where the crowd could not keep up, ages and shares are its own, not the server's. */
function strain(readings: readonly Reading[]): string | undefined {
  const busy = figure(readings, 'busy').median
  const kept = figure(readings, 'kept').median
  if (busy >= 0.9)
    return `The load was the bottleneck: its event loop was busy ${percent(busy)} of the time. Ages and moves seen are its own.`
  if (kept < 0.97)
    return `The load sent only ${percent(kept)} of its moves: its process did not get the time. Ages are its own.`
  return undefined
}
const percent = (share: number): string => `${Math.round(share * 100)} %`

export function rowOf({ name, kind, note }: Contestant, readings: readonly Reading[], bare: readonly Reading[]): Row {
  const notes = [note, strain(readings)].filter(text => text !== undefined).join(' ')
  return {
    name,
    kind,
    figures: {
      cpu: figure(readings, 'cpu'),
      ratio: ratio(readings, bare, 'cpu'),
      bytes: figure(readings, 'bytes'),
      p50: figure(readings, 'p50'),
      p99: figure(readings, 'p99'),
      seen: figureOf(readings.map(({ seen }) => seen * 100)),
      allocated: figure(readings, 'allocated'),
      busy: figureOf(readings.map(({ busy }) => busy * 100)),
    },
    ...(notes ? { note: notes } : {}),
  }
}
