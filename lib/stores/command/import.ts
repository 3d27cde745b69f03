/** `fieldcast store import`: puts the rows of an export into a store. */
import { createReadStream, existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import process from 'node:process'
import { UsageError } from '../../base/errors.ts'
import type { Store } from '../store.ts'
import type { Given, StoreCommand } from './command.ts'
import { type Line, parseLine } from './dump.ts'
import { speed } from './export.ts'
import { lines, type TextLine } from './lines.ts'
import { messageOf, withStore } from './open.ts'
import type { Output } from './output.ts'
import { RowPutter } from './put-rows.ts'
import { outcomeOf } from './put-words.ts'
import { counted, harmless } from './words.ts'

export const importRows: StoreCommand = {
  parameters: '<url> [file] [--overwrite]',
  summary: 'puts the objects of an export, from the standard input or a file, into a store',
  words: [1, 2],
  options: { overwrite: { type: 'boolean', default: false } },
  run,
}

async function run({ words: [url, file = '-'], options, output }: Given): Promise<number> {
  const total = file === '-' ? null : await sizeOf(file)
  const overwrite = options.overwrite === true
  return withStore(url!, false, store => {
    const stream = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 2 ** 20 })
    const name = file === '-' ? 'The input' : file
    return guarded(file, () => new Import(store, name, overwrite, output, total).run(lines(stream)))
  })
}

/** @throws UsageError where there is none. */
async function sizeOf(file: string): Promise<number> {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`)
  const found = await guarded(file, () => stat(file))
  if (found.isDirectory()) throw new UsageError(`${file} is a folder; name the file that export has written.`)
  return found.size
}

/** As many lines that say nothing, before any other, and the file is of something else. */
const MOST_FOREIGN = 10

class Import {
  readonly #putter: RowPutter
  readonly #output: Output
  readonly #overwrite: boolean
  /** Bytes; null where nobody knows. */
  readonly #total: number | null
  readonly #name: string
  /** What is wrong with the file, beside rows that the store does not take. */
  #problems = 0
  /** Lines that were not imported. */
  #skipped = 0
  /** What was wrong with all lines so far; null from the first good one on. */
  #foreign: string[] | null = []
  /** Rows since the first line; null before it, and after the last. */
  #counted: number | null = null

  constructor(store: Store, name: string, overwrite: boolean, output: Output, total: number | null) {
    this.#name = name
    this.#output = output
    this.#overwrite = overwrite
    this.#total = total
    const fail = (id: string, why: string): void => output.tell(`${id}: ${harmless(why)}`)
    this.#putter = new RowPutter(store, { overwrite, teller: output, fail })
  }

  async run(source: AsyncIterable<TextLine>): Promise<number> {
    let rows = 0
    for await (const { number, text, problem, end } of source) {
      if (text?.trim() === '') continue
      const line = text === null ? this.#unreadable(`Line ${number}: ${problem}.`) : this.#parse(number, text)
      if (line) this.#tellForeign()
      if (line?.kind === 'row') {
        rows++
        await this.#putter.put(line.row)
      }
      this.#output.progress(() => speed(rows, end, this.#output), this.#total === null ? null : end / this.#total)
    }
    await this.#putter.flush()
    if (this.#counted !== null) this.#problem('The file is cut off: it ends without its last line.')
    if (this.#foreign?.length === 0) throw new UsageError(`${this.#name} is empty: there is nothing to import.`)
    this.#tellForeign()
    const { text, complete } = outcomeOf(this.#putter.tally, 'the file', this.#overwrite)
    await this.#output.print(text)
    if (this.#skipped > 0)
      this.#output.tell(
        `${counted(this.#skipped, 'line')}, named above, ${this.#skipped === 1 ? 'was' : 'were'} not imported.`,
      )
    return complete && this.#problems === 0 ? 0 : 1
  }

  #parse(number: number, text: string): Line | null {
    let line: Line
    try {
      line = parseLine(text)
    } catch (error) {
      if (error instanceof UsageError) throw error
      return this.#unreadable(`Line ${number}: ${messageOf(error)}: ${harmless(text.slice(0, 60))}`)
    }
    switch (line.kind) {
      case 'begin':
        if (this.#counted !== null)
          this.#problem(`Line ${number}: another export begins, and the one before has no end.`)
        this.#counted = 0
        break
      case 'end':
        if (this.#counted !== null && this.#counted !== line.rows)
          this.#problem(`Line ${number}: ${line.rows} objects were exported, and ${this.#counted} are here.`)
        this.#counted = null
        break
      case 'damaged':
        this.#skipped++
        this.#problem(
          `Line ${number}: ${line.row.id} could not be read when it was exported (${harmless(line.row.damaged)}).`,
        )
        break
      case 'row':
        if (this.#counted !== null) this.#counted++
    }
    return line
  }

  #problem(text: string): void {
    this.#problems++
    this.#tellForeign()
    this.#output.tell(text)
  }

  /** @throws UsageError where nothing of the file could be read so far. */
  #unreadable(text: string): null {
    this.#problems++
    this.#skipped++
    if (!this.#foreign) this.#output.tell(text)
    else if (this.#foreign.push(text) === MOST_FOREIGN)
      throw new UsageError(
        `${this.#name} is no export of fieldcast: its first ${MOST_FOREIGN} lines are no objects. ${this.#foreign[0]}`,
      )
    return null
  }

  #tellForeign(): void {
    for (const text of this.#foreign ?? []) this.#output.tell(text)
    this.#foreign = null
  }
}

async function guarded<T>(file: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException
    if (syscall === undefined) throw error
    throw new UsageError(`${file} cannot be read: ${message}`, { cause: error })
  }
}
