/**
 * One process at a time has the files. The holder listens on a socket in the folder, `holder.sock`: whoever can connect to it knows that the holder lives, in whatever container
 * it runs, and where it has died, by whatever means, nobody answers.
 *
 * Taking over: a candidate listens under a name of its own, then renames its socket to `holder.sock`. It does so in an exclusive transaction of the files, and only where the
 * socket there is still the one that did not answer. So there is no moment in which two take the same place, and whoever stands there answers.
 */
import { createHash, randomUUID } from 'node:crypto'
import { lstatSync, renameSync, writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoreError } from '../../base/errors.ts'
import { diskError } from './errors.ts'

const SOCKET = 'holder.sock'
/** For people: who holds the files. */
const NOTE = 'holder.txt'
/** Most bytes of a socket's path; systems take 104 to 108, with a zero at the end. */
const MAX_PATH = 100

const isWindows = process.platform === 'win32'

/** The socket that nobody answers on; null where there is none. */
export type Sight = string | null

/** @throws StoreError where a holder lives. */
export async function lookForHolder(folder: string): Promise<Sight> {
  if (isWindows) return null
  const sight = sightOf(folder)
  if (sight === null) return null
  let answers: boolean
  try {
    answers = await withShortPath(folder, short => isAnswered(join(short, SOCKET)))
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new StoreError(
      'fatal',
      `It cannot be found out whether another process uses ${folder} (${code ?? message}). Where none does, delete ${join(folder, SOCKET)}.`,
      { cause },
    )
  }
  if (answers) throw await isHeld(folder)
  return sight
}

async function isHeld(folder: string): Promise<StoreError> {
  const note = await readFile(join(folder, NOTE), 'utf8').catch(() => '')
  return new StoreError(
    'fatal',
    `Another store has ${folder} open: ${note.trim() || 'its process has left no name'}. Stop that server or close that store first, or give this one another path.`,
  )
}

function sightOf(folder: string): Sight {
  const found = lstatSync(join(folder, SOCKET), { bigint: true, throwIfNoEntry: false })
  return found ? `${found.dev}:${found.ino}:${found.ctimeNs}` : null
}

/** The system answers for a process that lives, also where that is busy or stopped. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false)
      else if (error.code === 'EAGAIN') resolve(true)
      // It was just going.
      else if (error.code === 'ECONNRESET') resolve(isAnswered(path))
      else reject(error)
    })
  })
}

/** Lends a path to `folder` that leaves room for the name of a socket. */
async function withShortPath<T>(folder: string, use: (folder: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(join(folder, nameOfOwn())) <= MAX_PATH) return use(folder)
  const place = await mkdtemp(join(tmpdir(), 'fieldcast-'))
  try {
    const link = join(place, 'w')
    await symlink(folder, link)
    return await use(link)
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

const nameOfOwn = (): string => `holder-${randomUUID().slice(0, 8)}.sock`

/** One who would hold the files. */
export class Candidate {
  readonly #folder: string
  readonly #name: string
  readonly #server: Server
  /** Its socket, where it is the holder. */
  #sight: Sight = null

  private constructor(folder: string, name: string, server: Server) {
    this.#folder = folder
    this.#name = name
    this.#server = server
  }

  /** Listens, under a name of its own. @throws StoreError where that is not possible. */
  static async in(folder: string): Promise<Candidate> {
    const name = nameOfOwn()
    const server = createServer(socket => socket.destroy())
    try {
      if (isWindows) await listening(server, pipeOf(folder))
      else await withShortPath(folder, short => listening(server, join(short, name)))
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (isWindows && code === 'EADDRINUSE') throw await isHeld(folder)
      if (code === 'EOPNOTSUPP' || code === 'ENOTSUP' || code === 'EPERM' || code === 'EINVAL' || code === 'ENOSYS')
        throw new StoreError(
          'fatal',
          `The file system of ${folder} takes no sockets (${code}), which keep a second process out: put the world on a local disk.`,
          { cause },
        )
      throw diskError(`Taking ${folder}`, cause)
    }
    server.unref()
    // A connection that ends before it is taken must not end the process.
    server.on('error', () => {})
    return new Candidate(folder, name, server)
  }

  /** Becomes the holder, where the socket is still the one of `sight`. To be called in an exclusive transaction of the files. */
  take(sight: Sight): boolean {
    if (!isWindows) {
      if (sightOf(this.#folder) !== sight) return false
      renameSync(join(this.#folder, this.#name), join(this.#folder, SOCKET))
    }
    this.#sight = sightOf(this.#folder)
    try {
      writeFileSync(join(this.#folder, NOTE), `process ${process.pid} on ${hostname()}\n`)
    } catch {
      // A full disk; it is not needed.
    }
    return true
  }

  /** Lets go of the place, or of the wish for it. */
  async release(): Promise<void> {
    const own = [this.#name]
    // The socket goes last, while it still answers: what stands there afterwards is somebody else's.
    if (this.#sight !== null && this.#sight === sightOf(this.#folder)) own.push(NOTE, SOCKET)
    for (const name of own) await rm(join(this.#folder, name), { force: true }).catch(() => {})
    await new Promise(resolve => this.#server.close(resolve))
  }
}

/** Windows keeps pipes by name, each for as long as its process lives. */
const pipeOf = (folder: string): string =>
  `\\\\.\\pipe\\fieldcast-${createHash('sha256').update(folder.toLowerCase()).digest('hex').slice(0, 32)}`

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // A worker of a cluster would be given its siblings' socket.
    server.listen({ path, exclusive: true, writableAll: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
