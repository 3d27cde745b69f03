/** `fieldcast patch`: puts the types into the JavaScript that tsc wrote, in place. */
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { UsageError } from '../../../lib/base/errors.ts'
import { modulesFor } from '../modules-for.ts'
import type { Command } from './command.ts'
import { type Scope, scopeOf } from './patch-outputs.ts'
import { type Plan, planFor } from './patch-plan.ts'
import { watchPatch } from './patch-watch.ts'
import { count, patchedLine, sum } from './patch-words.ts'
import { writeChanges } from './patch-write.ts'

const usage = `fieldcast patch [folder or file ...] [--project tsconfig.json] [--check | --watch] [--checker]

Puts the types of decorated methods into the JavaScript that tsc wrote, in place. Run it after each tsc:
  "build": "tsc && fieldcast patch"

Without a folder it takes the outDir of the nearest tsconfig.json, and of the projects that this refers to.

  -p, --project <tsconfig.json>  another configuration; may be given several times
  --check                        changes nothing, and fails where something would have to be changed
  -w, --watch                    goes on: patches whenever tsc --watch has written
  --checker                      asks TypeScript for types that the syntax alone does not tell`

export const patch: Command = {
  usage,
  run: async args => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        project: { type: 'string', short: 'p', multiple: true },
        check: { type: 'boolean' },
        watch: { type: 'boolean', short: 'w' },
        checker: { type: 'boolean' },
      },
    })
    const scope = scopeOf(process.cwd(), positionals, values.project ?? [])
    if (values.check && values.watch) throw new UsageError('--check changes nothing: leave --watch out.')
    const modules = modulesFor(values)
    if (values.watch) return watchPatch(scope, modules)
    const plan = planFor(scope, modules)
    modules.checker?.close()
    for (const sentence of plan.stale) console.error(sentence)
    for (const { error } of plan.problems) console.error(`${error.message}\n`)
    if (plan.problems.length > 0) {
      console.error('Nothing was written.')
      return 1
    }
    if (plan.outputs.length === 0) throw new UsageError(nothing(scope))
    const raw = plan.outputs.find(output => output.raw)
    if (raw)
      console.error(
        `${shown(raw.file)} still has decorators, and neither Node nor a browser runs them. Unless a bundler compiles it, set "target": "es2024" in tsconfig.json and run tsc again.`,
      )
    return values.check ? check(plan) : write(plan)
  },
}

function write(plan: Plan): number {
  const { changed, overtaken } = writeChanges(plan.outputs)
  if (overtaken.length > 0)
    throw new UsageError(
      `${overtaken.map(({ file }) => shown(file)).join(', ')} was written by something else just now. Run fieldcast patch when tsc has ended.`,
    )
  console.log(patchedLine(plan, changed))
  return 0
}

function check({ outputs, stale }: Plan): number {
  const found = outputs.filter(({ change }) => change)
  for (const { file, source, patched } of found)
    console.error(
      patched
        ? `${shown(file)} was patched with other types than ${shown(source)} has now.`
        : `${shown(file)} is not patched.`,
    )
  if (found.length > 0) console.error('Run tsc, then fieldcast patch.')
  if (found.length + stale.length > 0) return 1
  console.log(`${count(sum(outputs), 'class', 'classes')} in ${count(outputs.length, 'file')} are patched.`)
  return 0
}

function nothing({ places, projects }: Scope): string {
  const from = projects.map(({ config }) => shown(config)).join(', ')
  return `There is no JavaScript of decorated classes in ${places.map(({ path }) => shown(path)).join(', ')}${from && ` (${from})`}. Run tsc first: what it writes is what is patched. If it writes elsewhere, name that folder: fieldcast patch dist`
}

/** As short as it can be shown. */
function shown(path: string): string {
  return relative(process.cwd(), path) || '.'
}
