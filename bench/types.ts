/**
 * Types from TypeScript against a bare control: 100 files with ten methods each, which share their types and name each other's classes, transformed
 * as a build does it; the control is the parse of the same files. Both run in this process, in turn, several times; the ratio is what counts. `npm run bench`
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Modules } from '../decorators/transformer/source/modules.ts'
import { parse } from '../decorators/transformer/source/parse.ts'
import { transform } from '../decorators/transformer/transform.ts'

const count = 100
const rounds = 5

const shared = `import type { float32, int16, str } from 'fieldcast'
export const kinds = ['sword', 'axe', 'bow'] as const
export type Kind = (typeof kinds)[number]
export interface Point { x: float32; y: float32 }
export interface Item { id: int16; name: str<32>; kind: Kind; at?: Point; parts: Item[] }
export type Change<T> = { [K in keyof T]?: T[K] }
export enum Team { Red, Blue }
`

/** Ten methods in the manner of games: numbers, objects, references, enums, lists and a request. */
function classFile(index: number): string {
  const other = (index + 1) % count
  const signatures = [
    'moveTo(x: int16, y: int16, at: uint32): void { this.last = [x, y, at] }',
    'place(at: Point, item: Change<Item>): void { this.last = [at, item] }',
    `attack(target: Class${other} | null, kind: Kind): void { this.last = [target, kind] }`,
    'join(team: Team = Team.Red, say?: str<64>): void { this.last = [team, say] }',
    'async trade(items: Item[], prices: Map<Kind, uint16>): Promise<boolean> { return items.length > prices.size }',
  ]
  const methods = [...signatures, ...signatures.map(text => text.replace(/(\w+)\(/, '$1Again('))].map(
    text => `  /** What it is for. */\n  @field(Flags.OwnerSend | Flags.Broadcast)\n  ${text}\n`,
  )
  return `import { Flags, field, type int16, NetworkObject, networkClass, type str, type uint16, type uint32 } from 'fieldcast'
import { Class${other} } from './class${other}.js'
import { type Change, type Item, type Kind, type Point, Team } from './index.js'

@networkClass(${index + 1})
export class Class${index} extends NetworkObject {
  last: unknown
${methods.join('\n')}}
`
}

const root = mkdtempSync(join(tmpdir(), 'fieldcast-bench-'))
const files = Array.from({ length: count }, (_, index) => ({
  file: join(root, `class${index}.ts`),
  source: classFile(index),
}))

/** What `run` takes, in ms. */
function time(run: () => void): number {
  const start = performance.now()
  run()
  return performance.now() - start
}

const bare = (): void => {
  for (const { file, source } of files) parse(file, source)
}
const build = (modules: Modules): void => {
  for (const { file, source } of files) if (!transform(source, file, modules)) throw new Error(`nothing in ${file}`)
}
const best = (run: () => void): number => Math.min(...Array.from({ length: rounds }, () => time(run)))
const row = (what: string, took: number, control?: number): void =>
  console.log(
    `${what.padEnd(52)} ${took.toFixed(1).padStart(7)} ms${control ? `  ${(took / control).toFixed(1)}x` : ''}`,
  )

try {
  mkdirSync(join(root, 'node_modules/fieldcast'), { recursive: true })
  writeFileSync(join(root, 'tsconfig.json'), '{ "compilerOptions": { "strict": true } }')
  writeFileSync(join(root, 'shared.ts'), shared)
  writeFileSync(join(root, 'index.ts'), "export * from './shared.js'\n")
  for (const { file, source } of files) writeFileSync(file, source)

  const coldControl = time(bare)
  row(`bare parse of ${count} files, first of this process`, coldControl)
  row(
    'all of them transformed, first of this process',
    time(() => build(new Modules())),
    coldControl,
  )
  const control = best(bare)
  row('bare parse, warm', control)
  row(
    'a whole build, warm',
    best(() => build(new Modules())),
    control,
  )
  const kept = new Modules()
  build(kept)
  row(
    'the same files again, none changed',
    best(() => build(kept)),
    control,
  )
  let edits = 0
  const { file, source } = files[0]!
  const edit = (): void => {
    const edited = `${source}// ${edits++}\n`
    writeFileSync(file, edited)
    transform(edited, file, kept)
  }
  row('one file after an edit', best(edit))
} finally {
  rmSync(root, { recursive: true, force: true })
}
