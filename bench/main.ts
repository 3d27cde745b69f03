/** `npm run bench`: runs the suites, prints their tables, and writes docs/benchmarks.md, its plots and results.json. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readArguments, usage } from './kit/arguments.ts'
import { inColumns } from './kit/console.ts'
import { thisMachine } from './kit/machine.ts'
import { page } from './kit/page.ts'
import { installPeers } from './kit/peers.ts'
import { specification } from './kit/plot.ts'
import { merge, type Result, readResults, writeResults } from './kit/results.ts'
import { suites } from './suites.ts'

const docs = fileURLToPath(new URL('../docs/', import.meta.url))
const resultsFile = `${docs}benchmarks/results.json`
const ids = Object.keys(suites)
const log = (text: string): void => console.log(`${new Date().toTimeString().slice(0, 8)} ${text}`)

async function measure(id: string, quick: boolean): Promise<Result> {
  const { default: suite } = await suites[id]!()
  log(`${id}: ${suite.title}${quick ? '' : `, about ${suite.seconds} s`}`)
  const tables = await suite.run({ quick, log: text => log(`${id}: ${text}`) })
  for (const table of tables) console.log(`\n${inColumns(table)}\n`)
  return { id, title: suite.title, at: new Date().toISOString(), quick, machine: thisMachine(), tables }
}

async function publish(results: readonly Result[]): Promise<void> {
  const { draw } = await import('./peers/vega.ts')
  const folder = `${docs}benchmarks`
  mkdirSync(folder, { recursive: true })
  for (const file of readdirSync(folder)) if (file.endsWith('.svg')) rmSync(`${folder}/${file}`)
  for (const { tables } of results)
    for (const { plots } of tables)
      for (const plot of plots) writeFileSync(`${folder}/${plot.id}.svg`, await draw(specification(plot)))
  writeFileSync(`${docs}benchmarks.md`, page(results, 'benchmarks'))
  log('docs/benchmarks.md is written')
}

async function main(words: readonly string[]): Promise<void> {
  const { only, quick, page: pageOnly, list, help } = readArguments(words, ids)
  if (help) return console.log(usage)
  if (list) return console.log(ids.join('\n'))
  installPeers(log)
  const failed: string[] = []
  for (const id of pageOnly ? [] : only.length > 0 ? only : ids) {
    try {
      // At once: a later suite that fails or is interrupted takes nothing with it.
      writeResults(resultsFile, merge(readResults(resultsFile), [await measure(id, quick)], ids))
    } catch (error) {
      failed.push(id)
      console.error(error)
    }
  }
  await publish(readResults(resultsFile))
  if (failed.length > 0) throw new Error(`Failed: ${failed.join(', ')}. The page has their older results, if any.`)
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`bench: ${error.message}`)
  process.exitCode = 1
})
