/** `fieldcast schema`: prints the schema of a project without running it, and holds it against the lock file. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { UsageError } from '../../../lib/base/errors.ts'
import { changesSince } from '../project/changes.ts'
import { describe } from '../project/describe.ts'
import { isFromNewer, type Lock, lockOf, lockText, readLock } from '../project/lock.ts'
import { pathFrom } from '../project/place.ts'
import { type ProjectSchema, projectSchema } from '../project/project.ts'
import type { Command } from './command.ts'
import { changesText, descriptionText, json, summary } from './schema-text.ts'

const usage = `fieldcast schema [folder or file ...] [options]

Prints the network classes of a project with their fields, types and ids, read from the source: nothing of it is run.
Without files: all TypeScript of the tsconfig.json here or above, and what it imports.

  --classes <names>   these classes alone, with commas between: Player,Monster
  -p, --project <tsconfig.json>
                      another configuration
  --json              as JSON
  --write             writes the lock file
  --check             compares with the lock file; exit code 1 where clients built before would be refused
  --lock <file>       the lock file; fieldcast.schema.json beside the tsconfig.json if absent
  --checker           asks TypeScript for types that the syntax alone does not tell`

export const schema: Command = { usage, run }

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      classes: { type: 'string', multiple: true },
      project: { type: 'string', short: 'p' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      lock: { type: 'string' },
      checker: { type: 'boolean', default: false },
    },
  })
  const names = values.classes?.flatMap(list => list.split(',')).map(name => name.trim())
  if (names?.includes('')) return wrong('--classes needs names, with commas between: --classes Player,Monster')
  if (values.write && values.check) return wrong('--write and --check exclude each other.')
  if (values.lock !== undefined && !values.write && !values.check) return wrong('--lock needs --write or --check.')

  const cwd = process.cwd()
  const checker = values.checker ? (await import('../checker/create.ts')).createChecker({ root: cwd }) : undefined
  let built: ProjectSchema
  try {
    built = projectSchema({ cwd, project: values.project, paths: positionals }, { names, checker })
  } finally {
    checker?.close()
  }
  const path = values.lock === undefined ? join(built.root, 'fieldcast.schema.json') : resolve(cwd, values.lock)
  const lock: LockFile = { path, name: pathFrom(cwd, path), now: lockOf(built.schema) }
  if (values.check) return check(lock, values.json)
  if (values.write) write(lock)
  if (values.json) console.log(json(describe(built, built.root)))
  else if (!values.write) console.log(descriptionText(describe(built, cwd)))
  return 0
}

interface LockFile {
  readonly path: string
  /** As it is told to people. */
  readonly name: string
  readonly now: Lock
}

function check({ path, name, now }: LockFile, asJson: boolean): number {
  const text = textOf(path, name)
  if (text === undefined)
    throw new UsageError(`There is no ${name} to compare with. Write it, and commit it: fieldcast schema --write.`)
  const locked = readLock(text, name)
  const changes = changesSince(locked, now)
  console.log(asJson ? json({ ...changes, locked: locked.hash, hash: now.hash }) : changesText(changes, now, name))
  return changes.verdict === 'breaks' ? 1 : 0
}

/** Reports on the error output, so that `--write --json` prints JSON alone. */
function write({ path, name, now }: LockFile): void {
  const text = lockText(now)
  const before = textOf(path, name)
  if (before === text) {
    console.error(`${name} is up to date: ${summary(now)}.`)
    return
  }
  // Says why, and throws.
  if (before !== undefined && isFromNewer(before)) readLock(before, name)
  guarded(`${name} cannot be written`, () => writeFileSync(path, text))
  console.error(`${name} is written: ${summary(now)}.`)
}

function textOf(path: string, name: string): string | undefined {
  return existsSync(path) ? guarded(`${name} cannot be read`, () => readFileSync(path, 'utf8')) : undefined
}

function guarded<T>(what: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw new UsageError(`${what}: ${(error as Error).message}`, { cause: error })
  }
}

function wrong(message: string): number {
  console.error(`${message}\n\n${usage}`)
  return 2
}
