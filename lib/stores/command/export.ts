/** `fieldcast store export`: all rows of a store as lines of JSON. */
import { existsSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { UsageError } from '../../base/errors.ts'
import { isDamaged } from '../store.ts'
import type { Given, StoreCommand } from './command.ts'
import { firstLine, lastLine, lineOf } from './dump.ts'
import { messageOf, withStore } from './open.ts'
import type { Output } from './output.ts'
import { problemOf, toldBroken } from './readable.ts'
import { lengthOf, shareOf, walk } from './walk.ts'
import { count, counted, harmless, size } from './words.ts'

export const exportRows: StoreCommand = {
  parameters: '<url> [file] [--overwrite]',
  summary: 'writes all objects as lines of JSON, to the standard output or a file',
  words: [1, 2],
  options: { overwrite: { type: 'boolean', default: false } },
  run,
}

async function run({ words: [url, file = '-'], options, output }: Given): Promise<number> {
  if (file !== '-' && existsSync(file) && !options.overwrite)
    throw new UsageError(`There is a ${file} already. Name another file, or let it go with --overwrite.`)
  return withStore(url!, true, async store => {
    const sink = file === '-' ? { write: output.write.bind(output) } : await DumpFile.create(file)
    let rows = 0
    let damaged = 0
    let broken = 0
    let bytes = 0
    try {
      const share = await shareOf(store, output)
      await sink.write(firstLine(store.name, output.clock.wall()))
      for await (const page of walk(store, {}, output)) {
        for (const row of page) {
          bytes += lengthOf(row)
          if (isDamaged(row)) damaged++
          else rows++
          const problem = problemOf(row)
          if (problem === null) continue
          if (!isDamaged(row)) broken++
          output.tell(`${row.id}: ${harmless(problem)}`)
        }
        await sink.write(page.map(lineOf).join(''))
        output.progress(() => speed(rows, bytes, output), share(rows + damaged))
      }
      await sink.write(lastLine(rows, damaged))
      if (sink instanceof DumpFile) await sink.keep()
    } catch (error) {
      if (sink instanceof DumpFile) await sink.drop()
      throw error
    }
    output.tell(`${counted(rows, 'object')} exported from ${store.name}${file === '-' ? '' : ` to ${file}`}.`)
    if (broken > 0) output.tell(toldBroken(broken, 'exported'))
    if (damaged > 0)
      output.tell(
        `${counted(damaged, 'object')} cannot be read, named above: the export holds their ids alone. They stay in the store.`,
      )
    return broken + damaged === 0 ? 0 : 1
  })
}

export const speed = (rows: number, bytes: number, { seconds }: Output): string =>
  `${counted(rows, 'object')}, ${size(bytes)}, ${count(Math.round(rows / Math.max(seconds, 0.001)))} a second`

/** A file that stands under its name when all of it is on the disk, and not before. It is its owner's alone: it may hold the hashes of passwords. */
class DumpFile {
  readonly #path: string
  readonly #handle: FileHandle

  private constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  static async create(path: string): Promise<DumpFile> {
    await rm(`${path}.partial`, { force: true })
    return new DumpFile(path, await guarded(path, () => open(`${path}.partial`, 'wx', 0o600)))
  }

  write(text: string): Promise<void> {
    return guarded(this.#path, () => this.#handle.writeFile(text))
  }

  async keep(): Promise<void> {
    await guarded(this.#path, async () => {
      await this.#handle.sync()
      await this.#handle.close()
      await rename(`${this.#path}.partial`, this.#path)
    })
  }

  async drop(): Promise<void> {
    await this.#handle.close().catch(() => {})
    await rm(`${this.#path}.partial`, { force: true }).catch(() => {})
  }
}

async function guarded<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${messageOf(error)}`, { cause: error })
  }
}
