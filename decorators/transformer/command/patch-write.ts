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
  for (const { file } of all) requireWritable(file)
  const changed = all.filter(({ file, change }) => write(file, change!))
  return { changed, overtaken: all.filter(output => !changed.includes(output)) }
}

function write(file: string, { before, code, map }: Change): boolean {
  if (readFileSync(file, 'utf8') !== before || (map && readFileSync(map.file, 'utf8') !== map.before)) return false
  replace(file, code)
  if (map) replace(map.file, map.text)
  return true
}

function replace(file: string, text: string): void {
  const target = realpathSync(file)
  const beside = `${target}.${process.pid}.fieldcast`
  try {
    writeFileSync(beside, text)
    chmodSync(beside, statSync(target).mode)
    renameSync(beside, target)
  } catch (error) {
    rmSync(beside, { force: true })
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}.`, { cause: error })
  }
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
