/** Types from TypeScript against a bare control: what reading the types costs a build. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Modules } from '../dist/decorators/transformer/source/modules.js'
import { parse } from '../dist/decorators/transformer/source/parse.js'
import { transform } from '../dist/decorators/transformer/transform.js'
import { figureOf, type Row, ratioOf, type Suite } from './kit/table.ts'

const count = 100
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

interface File {
  readonly file: string
  readonly source: string
}

/** The project on disk, as a build finds it. */
function project(root: string): readonly File[] {
  const files = Array.from({ length: count }, (_, index) => ({
    file: join(root, `class${index}.ts`),
    source: classFile(index),
  }))
  mkdirSync(join(root, 'node_modules/fieldcast'), { recursive: true })
  writeFileSync(join(root, 'tsconfig.json'), '{ "compilerOptions": { "strict": true } }')
  writeFileSync(join(root, 'shared.ts'), shared)
  writeFileSync(join(root, 'index.ts'), "export * from './shared.js'\n")
  for (const { file, source } of files) writeFileSync(file, source)
  return files
}

/** What `run` takes, in ms. */
function time(run: () => void): number {
  const start = performance.now()
  run()
  return performance.now() - start
}

/** What is timed, by name. The first is the control. */
function contestants(files: readonly File[]): Readonly<Record<string, () => void>> {
  const build = (modules: Modules): void => {
    for (const { file, source } of files) if (!transform(source, file, modules)) throw new Error(`nothing in ${file}`)
  }
  const kept = new Modules()
  build(kept)
  const { file, source } = files[0]!
  let edits = 0
  return {
    'bare parse of the same files': () => {
      for (const { file, source } of files) parse(file, source)
    },
    'a whole build': () => build(new Modules()),
    'the same again, no file changed': () => build(kept),
    'one file after an edit': () => {
      const edited = `${source}// ${edits++}\n`
      writeFileSync(file, edited)
      transform(edited, file, kept)
    },
  }
}

const suite: Suite = {
  id: 'types',
  title: 'Reading the types',
  seconds: 15,
  async run({ quick }) {
    const root = mkdtempSync(join(tmpdir(), 'fieldcast-bench-'))
    try {
      const all = Object.entries(contestants(project(root)))
      const times = all.map((): number[] => [])
      for (const [, run] of all) run()
      for (let round = 0; round < (quick ? 3 : 15); round++)
        for (const [i, [, run]] of all.entries()) times[i]!.push(time(run))
      const rows = all.map(
        ([name], i): Row => ({
          name,
          kind: i === 0 ? 'bare' : 'fieldcast',
          figures: { ms: figureOf(times[i]!), ratio: ratioOf(times[i]!, times[0]!) },
        }),
      )
      return [
        {
          id: 'types',
          title: `${count} classes of ten methods`,
          text: `${count} files of ten methods each, which share their types and name each other's classes, transformed in one warm process as a build does it. The control parses the same files.`,
          columns: [
            { id: 'ms', title: 'time', unit: 'ms' },
            { id: 'ratio', title: 'to the parse', unit: '' },
          ],
          rows,
          goals: [],
          plots: [],
        },
      ]
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  },
}

export default suite
