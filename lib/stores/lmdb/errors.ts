/** What goes wrong on disk, as the store's errors: which of it passes, and what to do about the rest. */
import { getSystemErrorName } from 'node:util'
import { FieldcastError, StoreError } from '../../base/errors.ts'

/** Node's names of what may well succeed later. */
const passing: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: "the user's share of the disk is full",
  // The native code calls a write that was cut short so.
  EIO: 'the disk is full or fails',
  EFBIG: 'the file has reached the size that its file system or user is allowed',
  ENOMEM: 'there is no memory left',
  EMFILE: 'the process has too many files open',
  ENFILE: 'the machine has too many files open',
  EAGAIN: 'the system is short of something',
  MDB_MAP_FULL: 'the files cannot grow',
  MDB_PANIC: 'writing has failed before, and the files have to be opened again',
}

const advice: Readonly<Record<string, string>> = {
  EACCES: 'Give the user of this process the right to write there, or choose another path.',
  EPERM: 'Give the user of this process the right to write there, or choose another path.',
  EROFS: 'The file system is mounted read-only: mount it writable, or choose another path.',
  ENOTDIR: 'The path must be that of a folder, or of none yet.',
  EEXIST: 'The path must be that of a folder, or of none yet.',
  MDB_CORRUPTED: 'The files are damaged: put them aside and restore a backup.',
  MDB_PAGE_NOTFOUND: 'The files are damaged: put them aside and restore a backup.',
}

/** What LMDB's own numbers are called in its manual. */
const own: Readonly<Record<number, string>> = {
  [-30797]: 'MDB_PAGE_NOTFOUND',
  [-30796]: 'MDB_CORRUPTED',
  [-30795]: 'MDB_PANIC',
  [-30792]: 'MDB_MAP_FULL',
}

function nameOf({ code }: { readonly code?: unknown }): string {
  if (typeof code !== 'number') return String(code)
  if (code > 0) return getSystemErrorName(-code)
  return own[code] ?? String(code)
}

/** `cause` as an error of the store, unless it is one of ours. `doing`: what did not work, as in `Writing to ./world`. */
export function diskError(doing: string, cause: unknown): FieldcastError {
  if (cause instanceof FieldcastError) return cause
  const name = nameOf(cause as { code?: unknown })
  const reason = passing[name]
  if (reason) return new StoreError('retryable', `${doing} has failed: ${reason} (${name}).`, { cause })
  const text = cause instanceof Error ? cause.message : String(cause)
  return new StoreError('fatal', `${doing} has failed: ${text}.${advice[name] ? ` ${advice[name]}` : ''}`, { cause })
}
