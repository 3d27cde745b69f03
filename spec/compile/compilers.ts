/** The compilers that people have, run over files as a user's project: with the package as it is published, and no other types. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export const compilers: Readonly<Record<string, string>> = {
  'TypeScript 5.9': 'node_modules/ts59/bin/tsc',
  'TypeScript 6': 'node_modules/@typescript/typescript6/bin/tsc6',
  'TypeScript 7': 'node_modules/typescript/bin/tsc',
}

export interface Diagnostic {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly code: number
  /** In one line. */
  readonly text: string
}

export class Sources {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), 'fieldcast-compile-')))

  constructor() {
    mkdirSync(join(this.folder, 'node_modules'))
    symlinkSync(root, join(this.folder, 'node_modules/fieldcast'))
    this.write('package.json', '{ "type": "module" }')
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text)
  }

  /** What a compiler says of some files. */
  async check(compiler: string, files: readonly string[], options: object = {}): Promise<Diagnostic[]> {
    return diagnostics(await this.run(compiler, files, options))
  }

  /** All that a compiler says. */
  async run(compiler: string, files: readonly string[], options: object, ...flags: readonly string[]): Promise<string> {
    const config = `tsconfig.${this.#configs++}.json`
    const compilerOptions = {
      noEmit: true,
      strict: true,
      target: 'es2022',
      lib: ['es2022'],
      types: [],
      module: 'nodenext',
      skipLibCheck: false,
      ...options,
    }
    this.write(config, JSON.stringify({ compilerOptions, files }))
    const child = spawn(
      process.execPath,
      [join(root, compilers[compiler]!), '-p', config, '--pretty', 'false', ...flags],
      {
        cwd: this.folder,
        env: { ...process.env, NODE_OPTIONS: '' },
      },
    )
    let output = ''
    child.stdout.setEncoding('utf8').on('data', text => (output += text))
    child.stderr.setEncoding('utf8').on('data', text => (output += text))
    await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
    return output
  }
  #configs = 0

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function diagnostics(output: string): Diagnostic[] {
  const found: (Omit<Diagnostic, 'text'> & { text: string })[] = []
  for (const line of output.split(/\r?\n/)) {
    const start = /^(?:(.+)\((\d+),(\d+)\): )?error TS(\d+): (.*)$/.exec(line)
    const last = found.at(-1)
    if (start) {
      const [, file = '', row, column, code, text] = start
      found.push({ file, line: Number(row), column: Number(column), code: Number(code), text: text! })
    } else if (last && line.startsWith('  ')) {
      last.text += ` ${line.trim()}`
    } else if (line !== '') {
      throw new Error(`A compiler said what is no diagnostic: ${line}`)
    }
  }
  return found
}
