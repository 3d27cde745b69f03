/**
 * The folder and its files before LMDB sees them. Where LMDB's native code cannot open its files it crashes the process, and writing to its lock file on a full disk
 * does so too: what could be wrong is found out here, without changing anything that is not ours.
 */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, type FileHandle, link, mkdir, open, realpath, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { StoreError } from '../../base/errors.ts'
import { diskError } from './errors.ts'

export const DATA = 'data.mdb'
const LOCK = 'lock.mdb'

/** Written out, so that its pages are there when LMDB maps it. Room for 250 readers. */
const LOCK_BYTES = 16_384
/** What LMDB writes when it makes its files, twice over. */
const FIRST_BYTES = 65_536

const META_PAGE = 8
const MAGIC = 0xbeef_c0de
/** The version of the format that the package `lmdb` writes. */
const FORMAT = 2

/** The folder at `path`, made where there is none; the same text for all ways to it. */
export async function makeFolder(path: string): Promise<string> {
  const folder = resolve(path)
  try {
    await mkdir(folder, { recursive: true }).catch(error => realCause(folder, error))
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return await realpath(folder)
  } catch (cause) {
    throw diskError(`Opening the world in ${folder}`, cause)
  }
}

/** Node calls a read-only file system ENOENT here: what may not be written is asked for. */
async function realCause(folder: string, error: unknown): Promise<never> {
  let there = folder
  while (!(await exists(there)) && there !== dirname(there)) there = dirname(there)
  await access(there, constants.W_OK)
  throw error
}

/** Makes sure that LMDB can open its files in `folder`. @throws StoreError where it cannot. */
export async function checkFiles(folder: string): Promise<void> {
  try {
    await checkData(folder)
    await makeLock(folder)
  } catch (cause) {
    throw diskError(`Opening the world in ${folder}`, cause)
  }
}

async function checkData(folder: string): Promise<void> {
  const path = join(folder, DATA)
  let file: FileHandle
  try {
    file = await open(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return tryToWrite(folder)
  }
  try {
    const { size } = await file.stat()
    if (size === 0) return await tryToWrite(folder)
    const header = Buffer.alloc(128)
    await file.read(header, 0, header.length, 0)
    checkHeader(path, header, size)
  } finally {
    await file.close()
  }
}

/** The first page: what kind of page it is, LMDB's mark, the version of the format, the size of pages. There are two such pages at least. */
function checkHeader(path: string, header: Buffer, size: number): void {
  if (!(header.readUInt16LE(18) & META_PAGE) || header.readUInt32LE(24) !== MAGIC)
    throw new StoreError(
      'fatal',
      `${path} is no file of LMDB. It is left as it is: put it aside or choose another path.`,
    )
  const format = header.readUInt16LE(28)
  if (format !== FORMAT)
    throw new StoreError(
      'fatal',
      `${path} is a file of LMDB of format ${format}, and the package lmdb that is installed reads format ${FORMAT}. It is left as it is: choose another path.`,
    )
  if (size < 2 * header.readUInt32LE(48))
    throw new StoreError('fatal', `${path} is cut off. It is left as it is: put it aside and restore a backup.`)
}

/** @throws the system's error where there is no room or no right. */
async function tryToWrite(folder: string): Promise<void> {
  const path = ownName(folder)
  try {
    await writeZeros(path, FIRST_BYTES)
  } finally {
    await rm(path, { force: true })
  }
}

/**
 * Makes the lock file where there is none. It appears whole, and one that is there is looked at from outside alone: others may be using it, and to open and close it would
 * release the locks that this process may have on it. Where a file system knows no links, LMDB makes it.
 */
async function makeLock(folder: string): Promise<void> {
  const path = join(folder, LOCK)
  if (await exists(path)) return access(path, constants.R_OK | constants.W_OK)
  const own = ownName(folder)
  try {
    await writeZeros(own, LOCK_BYTES)
    await link(own, path)
  } catch (error) {
    const hasNoLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code!)
    if (!hasNoLinks && !(await exists(path))) throw error
  } finally {
    await rm(own, { force: true })
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

const ownName = (folder: string): string => join(folder, `new-${randomUUID().slice(0, 8)}.tmp`)

async function writeZeros(path: string, length: number): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(Buffer.alloc(length))
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes sure that the names of new files survive a crash of the machine. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  for (const each of [folder, join(folder, '..')]) {
    const handle = await open(each, 'r').catch(() => null)
    await handle?.sync().catch(() => {})
    await handle?.close()
  }
}
