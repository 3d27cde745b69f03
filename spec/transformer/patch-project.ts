/** Games on disk that tsc compiles and `fieldcast patch` patches, with the real package installed. */
import { execFile } from 'node:child_process'
import { readFileSync, rmSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Project } from './project.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const command = `${root}dist/decorators/transformer/command/main.js`
const register = `${root}dist/decorators/transformer/shells/register.js`

const tsx = import.meta.resolve('tsx')

export const compilers = {
  '5.9': `${root}node_modules/ts59/bin/tsc`,
  '6.0': `${root}node_modules/@typescript/old/bin/tsc`,
  '7.0': `${root}node_modules/typescript/bin/tsc`,
} as const

export type Compiler = keyof typeof compilers

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

export class Game extends Project {
  constructor(files: Readonly<Record<string, string>>, options: object = {}) {
    super(files)
    this.install()
    this.configure(options)
  }

  /** The fixture with everything in it. */
  static override everything(): Game {
    const project = Project.everything() as Game
    Object.setPrototypeOf(project, Game.prototype)
    project.install()
    return project
  }

  /** Puts the package itself where the stub was. */
  install(): void {
    rmSync(this.path('node_modules/fieldcast'), { recursive: true })
    symlinkSync(root, this.path('node_modules/fieldcast'))
  }

  configure(options: object, more: object = { include: ['src'] }): void {
    const compilerOptions = {
      target: 'es2022',
      module: 'nodenext',
      outDir: 'dist',
      rootDir: 'src',
      strict: true,
      noCheck: true,
      types: [],
      ...options,
    }
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, ...more }))
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  /** @throws for errors of the compiler. */
  async compile(compiler: Compiler, ...args: readonly string[]): Promise<void> {
    const { code, out } = await this.run(compilers[compiler], ...args)
    if (code !== 0) throw new Error(`tsc ${compiler}: ${out}`)
  }

  patch(...args: readonly string[]): Promise<Outcome> {
    return this.run(command, 'patch', ...args)
  }

  /** What a program prints. */
  async node(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(...args)
    if (code !== 0) throw new Error(err)
    return out
  }

  /** The same from the source; tsx compiles the decorators of others. */
  source(file: string): Promise<string> {
    return this.node('--import', register, '--import', tsx, file)
  }

  run(...args: readonly string[]): Promise<Outcome> {
    return run(this.root, args)
  }
}

function run(cwd: string, args: readonly string[]): Promise<Outcome> {
  // Without the options that this very test run was started with.
  const { NODE_OPTIONS: _, ...env } = process.env
  return new Promise(resolve => {
    execFile(process.execPath, args, { cwd, env }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    )
  })
}

/** A small game in three files. */
export const arena: Readonly<Record<string, string>> = {
  'src/types.ts': `import type { int16, str } from 'fieldcast'
export type Name = str<32>
export interface Point { x: int16; y: int16 }
export interface Folder { name: Name; inner: Folder[] }
`,
  'src/model.ts': `import * as fc from 'fieldcast'
import { Flags, field, field as call, NetworkObject, networkClass, struct, type float32, type int16, type uint8 } from 'fieldcast'
import type { Folder, Name, Point } from './types.js'

const log = (..._: any[]): any => undefined
const tag = (_: string) => log

@struct()
export class Vec { x: float32 = 0; y: float32 = 0 }

abstract class Holder<T> extends NetworkObject {
  @field(Flags.Broadcast) put(item: T): void {}
}

@log
@networkClass(10, { clientCreate: true })
@tag('a')
export class Player extends NetworkObject {
  static made = 0
  static make(): Player { Player.made++; return new Player() }
  /** Moves it, with "quotes" and a \\u2028. */
  @log @field(Flags.OwnerSend | Flags.Broadcast) @tag('x')
  moveTo(x: int16, at: Point, v?: Vec): void {}
  @fc.field(0, { id: 7 }) 'say it'(text: Name, ...more: Folder[]): void {}
  @call(0, fc.int16, fc.str(64)) byHand(a: number, b: string): void {}
  @log plain(): void {}
  @field(Flags.OwnerSend) async buy(item: Name): Promise<{ price: uint8 } | null> { return null }
}

@networkClass(11)
export default class Monster extends Player {
  @field(0) bite(other: Player | null): void {}
}

@networkClass(12)
export class Den extends Holder<Point[]> {}

export function inner() {
  @networkClass(13)
  class Player extends NetworkObject {
    @field(0) other(a: int16): void { Player.name }
  }
  return Player
}
`,
  'src/main.ts': `import { createServer } from 'fieldcast/server'
import Monster, { Den, inner, Player } from './model.js'
console.log(createServer({ classes: [Player, Monster, Den, inner()] }).schemaHash)
`,
}
