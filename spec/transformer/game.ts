/** A small game on disk with the real package beside it, and what its classes come to once something has built it. */
import { execFile } from 'node:child_process'
import { rmSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Project } from './project.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const files = {
  'types.ts': `import type { int16, str } from 'fieldcast'
export type Name = str<20>
export interface Position { x: int16; y: int16 }
export enum Team { Red = 1, Blue = 2 }
`,
  'model.ts': `import { Flags, field, NetworkObject, networkClass, struct, type float32, type int16 } from 'fieldcast'
import { type Name, type Position, Team } from './types.js'

@struct()
export class Vec { x: float32 = 0; y: float32 = 0 }

class Box<T> extends NetworkObject {
  @field(Flags.RAM) put(what: T): void {}
}

@networkClass(10, { clientCreate: true })
export class Player extends Box<Vec> {
  x = 0
  team = Team.Red
  /** Walks there. */
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  moveTo(x: int16, y: int16): void { this.x = x + y }
  @field(
    Flags.OwnerSend,
    { id: 7 },
  )
  say(text: Name, at?: Position, team: Team = Team.Blue): void {}
  @field(Flags.ClientSend) async ask(about: Vec): Promise<int16> { return Math.round(about.x) }
}
`,
  'main.ts': `import { Player, Vec } from './model.js'
export { Player, Vec }
export const player: InstanceType<typeof Player> | null = null
`,
}

/** A project of these files and others, with the real package as this repository has built it. */
export function game(others: Readonly<Record<string, string>> = {}): Project {
  const project = new Project({ ...files, ...others })
  const installed = project.path('node_modules/fieldcast')
  rmSync(installed, { recursive: true })
  symlinkSync(root, installed, 'junction')
  return project
}

const register = new URL('../../dist/decorators/transformer/shells/register.js', import.meta.url).href
const schema = new URL('../../dist/lib/schema/schema.js', import.meta.url).href

/** The hash of the schema of a file's class Player, in a process of its own. */
export function hashOf(file: string): Promise<string> {
  const program = `
    import { Schema } from '${schema}'
    import { pathToFileURL } from 'node:url'
    const { Player } = await import(pathToFileURL(process.argv[1]).href)
    console.log(new Schema([Player]).hash)`
  const { NODE_OPTIONS: _, ...env } = process.env
  const args = [...(file.endsWith('.ts') ? ['--import', register] : []), '--input-type=module', '-e', program, file]
  return new Promise((done, failed) => {
    execFile(process.execPath, args, { env }, (error, out) => (error ? failed(error) : done(out.trim())))
  })
}

/** What a promise that has to fail fails with. */
export function failureOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('It did not fail.')
    },
    (error: Error) => error,
  )
}
