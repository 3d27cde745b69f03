/**
 * Fuzzing led by coverage, for as long as one likes: `npm run fuzz -- <target> [--seconds 60] [--seed n] [--corpus folder]`. Inputs that reach new places of the sources are kept
 * and mutated further. A failure is printed with its bytes, and they are written to the folder; `--replay file` takes one input again.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { seededRandom } from '../../lib/base/random.ts'
import '../support/quiet.ts'
import { Coverage } from './coverage.ts'
import { messageTargets } from './messages.ts'
import { type Edit, edited, type Opened } from './target.ts'
import { wireTargets } from './wires.ts'

const targets = [...messageTargets, ...wireTargets]
const kinds: readonly Edit['kind'][] = ['flip', 'set', 'cut', 'remove', 'insert', 'repeat', 'splice', 'number']
/** Inputs between two looks at the coverage: a look takes milliseconds. */
const batch = 50

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() & 0x7fff_ffff) },
    corpus: { type: 'string' },
    replay: { type: 'string' },
  },
})
const target = targets.find(({ name }) => name === positionals[0])
if (!target) {
  console.error(
    `npm run fuzz -- <target> [--seconds 60] [--seed n] [--corpus folder] [--replay file]\ntargets: ${targets.map(({ name }) => name).join(', ')}`,
  )
  process.exit(2)
}

let under: Uint8Array = new Uint8Array(0)
const folder = values.corpus ?? join(tmpdir(), 'fieldcast-fuzz', target.name)

function fail(error: unknown): never {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `failure-${Date.now()}`)
  writeFileSync(file, under)
  console.error(error)
  console.error(`target ${target!.name}, seed ${values.seed}, bytes ${Buffer.from(under).toString('hex')}`)
  console.error(`again: npm run fuzz -- ${target!.name} --replay ${file}`)
  process.exit(1)
}
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)

const opened = await target.open()
const take = async (bytes: Uint8Array): Promise<void> => {
  under = bytes
  try {
    await opened.take(bytes)
  } catch (error) {
    fail(error)
  }
}
if (values.replay) {
  await take(new Uint8Array(readFileSync(values.replay)))
  await opened.close()
  console.log('It ended as documented.')
  process.exit(0)
}
await explore(opened)
process.exit(0)

async function explore({ corpus: honest, close }: Opened): Promise<void> {
  const corpus = [...honest, ...kept()]
  const random = seededRandom(Number(values.seed))
  const below = (n: number): number => Math.floor(random.number() * n)
  const coverage = await Coverage.start()
  const begin = performance.now()
  const end = begin + Number(values.seconds) * 1000
  for (const bytes of corpus) await take(bytes)
  await coverage.news()
  const known = coverage.size
  let inputs = 0
  let told = begin
  while (performance.now() < end) {
    const tried: Uint8Array[] = []
    for (let i = 0; i < batch; i++) {
      // What was found last is worth the most.
      const from = random.number() < 0.5 ? below(corpus.length) : Math.max(0, corpus.length - 1 - below(20))
      const edits = Array.from({ length: 1 + below(6) }, () => ({
        kind: kinds[below(kinds.length)]!,
        at: below(0x1_0000),
        length: below(0x1_0000),
        value: below(256),
      }))
      const bytes = corpus.length > 0 ? edited(corpus, from, edits) : random.bytes(below(64))
      tried.push(bytes)
      await take(bytes)
    }
    inputs += batch
    // Of a batch that led somewhere new all are kept: to find the one costs more than to mutate them all.
    if ((await coverage.news()) > 0) for (const bytes of tried) if (below(5) === 0) corpus.push(bytes)
    if (performance.now() - told > 5000) {
      told = performance.now()
      report(inputs, corpus.length, coverage.size - known, begin)
    }
  }
  await coverage.stop()
  report(inputs, corpus.length, coverage.size - known, begin)
  await close()
  if (values.corpus) keep(corpus.slice(honest.length))
}

function report(inputs: number, corpus: number, found: number, begin: number): void {
  const seconds = (performance.now() - begin) / 1000
  const rate = Math.round(inputs / seconds)
  console.log(`${seconds.toFixed(0)} s: ${inputs} inputs, ${rate} a second, ${found} new places, ${corpus} inputs kept`)
}

/** What earlier runs have found. */
function kept(): Uint8Array[] {
  if (!values.corpus) return []
  mkdirSync(folder, { recursive: true })
  return readdirSync(folder).map(name => new Uint8Array(readFileSync(join(folder, name))))
}

function keep(found: readonly Uint8Array[]): void {
  for (const bytes of found)
    writeFileSync(join(folder, `${Buffer.from(bytes).toString('hex').slice(0, 40)}-${bytes.length}`), bytes)
}
