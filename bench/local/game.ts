/** A game of 500 classes with five methods each, written to a folder: with types in TypeScript, with types by hand, and without any decorator. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { fieldcast } from 'fieldcast/esbuild'

export const classCount = 500
const perFile = 10

export type Manner = 'types' | 'hand' | 'none'

const methods: readonly { readonly name: string; readonly params: string; readonly hand: string }[] = [
  { name: 'moveTo', params: 'x: int16, y: int16, at: uint32', hand: 'int16, int16, uint32' },
  { name: 'say', params: 'text: str<64>', hand: 'str(64)' },
  { name: 'turn', params: 'angle: float32, fast: boolean', hand: 'float32, bool' },
  { name: 'take', params: 'items: uint16[]', hand: 'list(uint16)' },
  { name: 'wear', params: 'what: string, since: number', hand: 'str(), float64' },
]
const types = 'type float32, type int16, type str, type uint16, type uint32'
const values = 'bool, float32, float64, int16, list, str, uint16, uint32'
const plain = (params: string): string =>
  params.replace(/int16|uint32|uint16|float32/g, 'number').replace(/str<64>/g, 'string')

function classText(index: number, manner: Manner): string {
  const bare = manner === 'none'
  const body = methods.map(({ name, params, hand }) => {
    const decorator = bare ? '' : `  @field(Flags.OwnerSend | Flags.Broadcast${manner === 'hand' ? `, ${hand}` : ''})\n`
    return `${decorator}  ${name}(${manner === 'types' ? params : plain(params)}) {\n    this.last = [${params.match(/\w+(?=:)/g)}]\n  }\n`
  })
  return `${bare ? '' : `@networkClass(${index + 1})\n`}export class Class${index}${bare ? '' : ' extends NetworkObject'} {\n  last: unknown = null\n${body.join('\n')}}\n`
}

export class Game {
  readonly #root = mkdtempSync(join(tmpdir(), 'fieldcast-bench-'))

  constructor() {
    mkdirSync(join(this.#root, 'node_modules'))
    symlinkSync(fileURLToPath(new URL('../..', import.meta.url)), join(this.#root, 'node_modules/fieldcast'))
    writeFileSync(join(this.#root, 'tsconfig.json'), '{ "compilerOptions": { "strict": true } }')
    writeFileSync(join(this.#root, 'package.json'), '{ "type": "module" }')
  }

  /** The url of its first module, in TypeScript. */
  sources(manner: Manner): string {
    const folder = join(this.#root, manner)
    mkdirSync(folder)
    const files = Array.from({ length: classCount / perFile }, (_, i) => `classes${i}`)
    files.forEach((file, i) => {
      const imports =
        manner === 'none'
          ? ''
          : `import { Flags, field, NetworkObject, networkClass, ${manner === 'types' ? types : values} } from 'fieldcast'\n`
      const classes = Array.from({ length: perFile }, (_, j) => classText(i * perFile + j, manner))
      writeFileSync(join(folder, `${file}.ts`), imports + classes.join('\n'))
    })
    const all = files.map((file, i) => `import * as all${i} from './${file}.ts'\n`).join('')
    const list = files.map((_, i) => `...Object.values(all${i})`).join(', ')
    writeFileSync(join(folder, 'index.ts'), `${all}export const classes = [${list}]\n`)
    return pathToFileURL(join(folder, 'index.ts')).href
  }

  /** The same as a build makes it: one file of JavaScript, the types in it. */
  async built(manner: Manner): Promise<string> {
    const outfile = join(this.#root, `${manner}.mjs`)
    await build({
      entryPoints: [join(this.#root, manner, 'index.ts')],
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['fieldcast'],
      keepNames: true,
      plugins: [fieldcast()],
      outfile,
      logLevel: 'error',
    })
    return pathToFileURL(outfile).href
  }

  delete(): void {
    rmSync(this.#root, { recursive: true, force: true })
  }
}
