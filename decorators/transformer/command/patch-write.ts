/** Writes patched files: each is there in whole, as it was or as it is to be, whenever the run ends. */
import {
  accessSync,
  chmodSync,
  constants,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { UsageError } from '../../../lib/base/errors.ts'
import type { Change, Output } from './patch-plan.ts'

export interface Written {
  readonly changed: readonly Output[]
  /** Left alone: somebody else has written them since they were read. */
  readonly overtaken: readonly Output[]
}

/** @throws UsageError before anything is written, where a file is read-only. */
export function writeChanges(outputs: readonly Output[]): Written {
  const all = outputs.filter(({ change }) => change)
  for (const { file, change } of all)
    for (const each of [file, ...(change!.map ? [change!.map.file] : [])]) requireWritable(each)
  const changed = all.filter(({ file, change }) => write(file, change!))
  return { changed, overtaken: all.filter(output => !changed.includes(output)) }
}

function write(file: string, { before, code, map }: Change): boolean {
  if (readFileSync(file, 'utf8') !== before || (map && readFileSync(map.file, 'utf8') !== map.before)) return false
  const files = [beside(file, code), ...(map ? [beside(map.file, map.text)] : [])]
  // Both are written before either is moved: whatever fails until here leaves the pair as it was.
  for (const { from, to } of files) {
    try {
      renameSync(from, to)
    } catch (error) {
      throw unwritable(to, error)
    }
  }
  return true
}

/** The new text of a file, in a file beside it. */
function beside(file: string, text: string): { readonly from: string; readonly to: string } {
  const to = realpathSync(file)
  const from = `${to}.${process.pid}.fieldcast`
  try {
    writeFileSync(from, text)
    chmodSync(from, statSync(to).mode)
    return { from, to }
  } catch (error) {
    rmSync(from, { force: true, recursive: true })
    throw unwritable(file, error)
  }
}

function unwritable(file: string, error: unknown): UsageError {
  return new UsageError(`${file} cannot be written: ${(error as Error).message}.`, { cause: error })
}

function requireWritable(file: string): void {
  const target = realpathSync(file)
  try {
    accessSync(target, constants.W_OK)
    if (statSync(target).mode & 0o200) return
  } catch {
    // Said below.
  }
  throw new UsageError(
    `${file} is read-only, so its types cannot be put in; nothing was written. Make it writable, or let tsc write it anew.`,
  )
}
