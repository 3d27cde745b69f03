/** The results page says what was measured, and plainly which goals were missed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readArguments } from '../../bench/kit/arguments.ts'
import { inColumns } from '../../bench/kit/console.ts'
import { numeral } from '../../bench/kit/figures.ts'
import { page } from '../../bench/kit/page.ts'
import { merge, type Result, readResults, writeResults } from '../../bench/kit/results.ts'
import { figureOf, ratioOf, type Table } from '../../bench/kit/table.ts'

const bare = [2, 4, 10]
const ours = [3, 2, 5]

const table: Table = {
  id: 'race',
  title: 'The race',
  text: 'Who is first.',
  columns: [
    { id: 'cpu', title: 'CPU', unit: 'µs' },
    { id: 'ratio', title: 'to bare', unit: '' },
  ],
  rows: [
    { name: 'bare', kind: 'bare', figures: { cpu: figureOf(bare) } },
    {
      name: 'ours | fast',
      kind: 'fieldcast',
      figures: { cpu: figureOf(ours), ratio: ratioOf(ours, bare) },
      note: 'It rained.',
    },
  ],
  goals: [
    { text: 'half of bare', figure: ratioOf(ours, bare), unit: '', atMost: 0.5 },
    { text: 'a fifth of bare', figure: ratioOf(ours, bare), unit: '', atMost: 0.2 },
    { text: 'many', figure: figureOf([7]), unit: 'calls', atLeast: 8 },
  ],
  plots: [{ id: 'race', title: 'How far', kind: 'bars', x: '', y: 'µs', points: [] }],
}

const resultOf = (id: string, quick = false): Result => ({
  id,
  title: `Suite ${id}`,
  at: '2026-11-21T12:00:00.000Z',
  quick,
  machine: { cores: 2, cpu: 'Abacus', memory: '4 GB', system: 'Linux 6', node: '20.0.0' },
  tables: [table],
})

describe('The results page', () => {
  const text = page([resultOf('a')], 'plots')

  it('names the machine, the date and every figure with its spread', () => {
    expect(text).to.include('2 cores of Abacus, 4 GB, Linux 6, Node 20.0.0')
    expect(text).to.include('2026-11-21')
    expect(text).to.include('| bare | control | 4.00 (2.00 to 10.0) | – |')
    expect(text).to.include(
      '| **ours \\| fast**<sup>1</sup> | fieldcast | 3.00 (2.00 to 5.00) | 0.500 (0.500 to 1.50) |',
    )
    expect(text).to.include('1. It rained.')
    expect(text).to.include('![How far](plots/race.svg)')
  })

  it('says which goals are met and which are missed', () => {
    expect(text).to.include('1 of 3 are met, **2 missed**.')
    expect(text).to.include('| The race | half of bare | at most 0.5 | 0.500 (0.500 to 1.50) | met |')
    expect(text).to.include('| The race | a fifth of bare | at most 0.2 | 0.500 (0.500 to 1.50) | **missed** |')
    expect(text).to.include('| The race | many | at least 8 calls | 7.00 calls | **missed** |')
    expect(inColumns(table)).to.match(/met {4}half of bare[\s\S]*MISSED a fifth of bare[\s\S]*MISSED many/)
  })

  it('warns of quick runs', () => {
    expect(text).not.to.include('quick')
    expect(page([resultOf('a', true)], 'plots')).to.include('not to be quoted')
  })

  it('writes numbers without exponents, whatever their size', () => {
    const numbers = [0, 0.00012, 0.5, 12.345, 1234567, -3, Number.NaN]
    expect(numbers.map(value => numeral(value)).join(' ')).to.equal('0 0.0001 0.500 12.3 1,234,567 -3.00 –')
  })
})

describe('The results', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldcast-results-'))
  after(() => rmSync(folder, { recursive: true }))

  it('keep other suites when one is measured again, in their order, and forget suites that are gone', () => {
    const older = [resultOf('gone'), resultOf('a'), resultOf('b')]
    const newer = { ...resultOf('a'), at: '2027-01-01T00:00:00.000Z' }
    const merged = merge(older, [newer], ['b', 'a', 'c'])
    expect(merged).to.deep.equal([older[2], newer])
  })

  it('survive being written and read', () => {
    const file = join(folder, 'deep/results.json')
    expect(readResults(file)).to.deep.equal([])
    writeResults(file, [resultOf('a')])
    expect(readResults(file)).to.deep.equal([resultOf('a')])
  })
})

describe('The words behind npm run bench', () => {
  it('name suites, one or several', () => {
    expect(readArguments(['--only', 'a,b', '--quick'], ['a', 'b', 'c'])).to.include({ quick: true, list: false })
    expect(readArguments(['--only', 'a,b', '--only', 'c'], ['a', 'b', 'c']).only).to.deep.equal(['a', 'b', 'c'])
  })

  it('are refused where no such suite is', () => {
    expect(() => readArguments(['--only', 'a,arna'], ['a', 'arena'])).to.throw("no suite 'arna'. There are: a, arena")
  })
})
