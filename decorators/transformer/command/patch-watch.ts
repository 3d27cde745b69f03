/** `fieldcast patch --watch`: patches again when tsc, or an editor, has written. Nothing is waited for but the file system's own events. */

import { existsSync, type FSWatcher, readdirSync, readFileSync, statSync, watch } from 'node:fs'
import { dirname, join } from 'node:path'
import { UsageError } from '../../../lib/base/errors.ts'
import type { Modules } from '../source/modules.ts'
import type { Scope } from './patch-outputs.ts'
import { Mismatch, type Plan, type Problem, planFor } from './patch-plan.ts'
import { patchedLine } from './patch-words.ts'
import { writeChanges } from './patch-write.ts'

/** Never ends. A pass that finds nothing to do writes nothing, and so calls for no other. */
export async function watchPatch(scope: Scope, modules: Modules): Promise<never> {
  const folders = new Folders()
  let said = ''
  console.log('Patching whenever tsc has written. End with Ctrl+C.')
  while (true) {
    try {
      pass()
    } catch (error) {
      // A file went away while it was looked at.
      if ((error as { code?: string }).code === 'ENOENT') continue
      if (!(error instanceof UsageError)) throw error
      console.error(error.message)
    }
    await folders.change()
  }

  function pass(): void {
    let plan = planFor(scope, modules)
    // What was written before its folder was watched is found by looking once more.
    while (folders.follow(foldersOf(scope, plan))) plan = planFor(scope, modules)
    // A file that was read while tsc wrote it is whole when it is read again.
    if (plan.problems.length > 0) plan = planFor(scope, modules)
    const problems = plan.problems.filter(problem => !isAwaited(problem))
    if (problems.length === 0) {
      // For what tsc has overtaken there is an event to come.
      const { changed } = writeChanges(plan.outputs)
      if (changed.length > 0) console.log(patchedLine(plan, changed))
    }
    const words = [...plan.stale, ...problems.map(({ error }) => `${error.message}\n`)].join('\n')
    if (words !== '' && words !== said) console.error(words)
    said = words
  }
}

/** Whether tsc has yet to write the output: it is in the middle of it, or the source was saved since. */
function isAwaited({ error, output, code }: Problem): boolean {
  if (code === '' || readFileSync(output, 'utf8') !== code) return true
  return error instanceof Mismatch && statSync(output).mtimeMs < statSync(error.source).mtimeMs
}

/** Where an event can mean work: all folders of the outputs, those to come, and those of the sources. */
function foldersOf({ places }: Scope, { sources }: Plan): Set<string> {
  return new Set([...places.flatMap(({ path }) => within(path)), ...sources.map(source => dirname(source))])
}

function within(path: string): string[] {
  if (!existsSync(path)) return [existing(dirname(path))]
  if (!statSync(path).isDirectory()) return [dirname(path)]
  const inner = readdirSync(path, { withFileTypes: true }).filter(
    entry => entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== '.git',
  )
  // The folder around it sees when it is deleted and made anew.
  return [dirname(path), path, ...inner.flatMap(({ name }) => within(join(path, name)))]
}

function existing(folder: string): string {
  return existsSync(folder) ? folder : existing(dirname(folder))
}

/** Folders under watch, without those below them: Node's own recursion loses files that are replaced. */
class Folders {
  readonly #watched = new Map<string, { readonly inode: number; readonly watcher: FSWatcher }>()
  #changed = false
  #wake: () => void = () => {}

  /** Watches these from now on. @returns whether any of them is new. */
  follow(folders: ReadonlySet<string>): boolean {
    for (const [folder, { inode, watcher }] of this.#watched) {
      if (folders.has(folder) && statSync(folder, { throwIfNoEntry: false })?.ino === inode) continue
      watcher.close()
      this.#watched.delete(folder)
    }
    const fresh = [...folders].filter(folder => !this.#watched.has(folder) && existsSync(folder))
    for (const folder of fresh) {
      const watcher = watch(folder, (_, name) => {
        if (name?.endsWith('.fieldcast')) return
        this.#changed = true
        this.#wake()
      })
      // A folder that goes away is seen by the one around it.
      watcher.on('error', () => watcher.close())
      this.#watched.set(folder, { inode: statSync(folder).ino, watcher })
    }
    return fresh.length > 0
  }

  /** Resolves when something has changed since it resolved last. */
  async change(): Promise<void> {
    if (!this.#changed) await new Promise<void>(resolve => (this.#wake = resolve))
    this.#changed = false
  }
}
