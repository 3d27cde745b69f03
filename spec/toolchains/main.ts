/**
 * The matrix: builds and plays one game with every toolchain, against one reference, Node with `fieldcast/register`.
 *
 *     npm run toolchains -- [--list] [--slice] [--only name,...] [--forgotten] [--write] [--keep]
 */
import { parseArgs } from 'node:util'
import { findChromium } from '../support/chromium.ts'
import { type Cell, passes } from './cell.ts'
import { Matrix } from './matrix.ts'
import type { Recipe } from './recipe.ts'
import { type Forgotten, forgotten } from './recipes/forgotten.ts'
import { recipes } from './recipes/index.ts'
import { complaints, heading, line, type Said, writeTables } from './table.ts'

const { values } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    slice: { type: 'boolean', default: false },
    only: { type: 'string' },
    forgotten: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})

/** Those that `--only` names. A name's beginning stands for all that begin so. */
function named<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  const names = values.only?.split(',')
  return all.filter(({ name }) => !names || names.some(given => name === given || name.startsWith(`${given}-`)))
}

const needsPage = ({ run }: Recipe | Forgotten): boolean => 'kind' in run && run.kind === 'page'

async function main(): Promise<number> {
  const all: readonly (Recipe | Forgotten)[] = values.forgotten ? forgotten : recipes
  const wanted = named(all).filter(({ slice }) => slice || !values.slice)
  if (values.list) {
    for (const { name, title } of wanted) console.log(`${name.padEnd(32)} ${title.replaceAll('`', '')}`)
    return 0
  }
  if (wanted.length === 0) return wrong('No toolchain has such a name; --list shows them.')
  if (values.write && (values.only || values.slice || values.forgotten))
    return wrong('--write is for the whole matrix: not for --only, --slice or --forgotten.')
  const chromium = findChromium()
  const possible = wanted.filter(each => chromium || !needsPage(each))
  const skipped = wanted.length - possible.length
  for (const { name } of wanted.filter(each => !possible.includes(each)))
    console.log(
      `${name}: skipped, for no Chromium was found. Install one (apt-get install chromium), or set CHROMIUM=/path/to/chromium`,
    )
  const matrix = new Matrix(values.slice, chromium)
  try {
    const good = values.forgotten
      ? (await forget(matrix, possible as readonly Forgotten[])).filter(({ good }) => good)
      : (await play(matrix, possible as readonly Recipe[])).filter(passes)
    console.log(`${good.length} of ${wanted.length} are as they should be.`)
    return good.length < possible.length || (skipped > 0 && process.env['CI']) ? 1 : 0
  } finally {
    if (values.keep) console.log(`Kept: ${matrix.workshop.root}`)
    await matrix.close(values.keep)
  }
}

async function play(matrix: Matrix, wanted: readonly Recipe[]): Promise<Cell[]> {
  console.log(heading)
  const cells = await Promise.all(
    wanted.map(async recipe => {
      const cell = await matrix.run(recipe)
      console.log([line(cell), ...complaints(cell)].join('\n'))
      return cell
    }),
  )
  if (values.write) writeTables('docs/toolchains-table.md', cells, await forget(matrix, forgotten))
  return cells
}

/** What forgetful users read, and whether it is what they should. */
function forget(matrix: Matrix, wanted: readonly Forgotten[]): Promise<(Said & { readonly good: boolean })[]> {
  return Promise.all(
    wanted.map(async each => {
      const text = await matrix.whatIsSaid(each)
      const good = text !== null && each.says.test(text)
      console.log(`\n${each.name}: ${good ? 'as expected' : 'NOT AS EXPECTED'}\n${text ?? 'nothing: all went well'}`)
      return { title: each.title, text: text ?? 'none', good }
    }),
  )
}

function wrong(text: string): number {
  console.error(text)
  return 2
}

process.exitCode = await main()
