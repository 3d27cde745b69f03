/** Games on disk for the specs of `fieldcast schema`: with the real package, the real command, and the hash that a run of them has. */
import { execFile } from 'node:child_process'
import { rmSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Project } from './project.ts'

export const root: string = fileURLToPath(new URL('../../', import.meta.url))
const command = `${root}dist/decorators/transformer/command/main.js`

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs Node as a user would: without the options that this very test run was started with. */
export function node(cwd: string, ...args: readonly string[]): Promise<Outcome> {
  const { NODE_OPTIONS: _, ...env } = process.env
  return new Promise(resolve => {
    execFile(process.execPath, args, { cwd, env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    )
  })
}

/** `fieldcast schema ...args` */
export const schemaCommand = (cwd: string, ...args: readonly string[]): Promise<Outcome> =>
  node(cwd, command, 'schema', ...args)

/** Lets a project use the real package instead of the stub. */
export function useFieldcast(project: Project): void {
  const installed = project.path('node_modules/fieldcast')
  rmSync(installed, { recursive: true, force: true })
  symlinkSync(root, installed, 'dir')
}

/** A folder with a tsconfig.json, the package, and these files. */
export function game(files: Readonly<Record<string, string>>): Project {
  const project = new Project({ 'tsconfig.json': '{ "compilerOptions": { "module": "nodenext" } }', ...files })
  useFieldcast(project)
  return project
}

/** The hash that these classes have when the program runs through fieldcast/register. */
export async function hashAtRunTime(project: Project, file: string, ...classes: readonly string[]): Promise<string> {
  project.write(
    'run-time-hash.ts',
    `import { Schema } from ${JSON.stringify(`${root}dist/lib/schema/schema.js`)}
import * as model from ${JSON.stringify(file)}
console.log(new Schema(${JSON.stringify(classes)}.map(name => (model as any)[name])).hash)
`,
  )
  const { code, out, err } = await node(project.root, '--import', 'fieldcast/register', 'run-time-hash.ts')
  if (code !== 0) throw new Error(err)
  return out.trim()
}

export const header = `import { field, Flags, networkClass, NetworkObject } from 'fieldcast'
import type { bool, int16, int32, list, str, uint8 } from 'fieldcast'
`
