/** `fieldcast store import`: puts the rows of an export into a store. */
import { createReadStream } from 'node:fs'
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
  const total = file === '-' ? null : (await guarded(file, () => stat(file))).size
  const overwrite = options.overwrite === true
  return withStore(url!, false, store => {
    const stream = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 2 ** 20 })
    return guarded(file, () => new Import(store, overwrite, output, total).run(lines(stream)))
  })
}

class Import {
  readonly #putter: RowPutter
  readonly #output: Output
  readonly #overwrite: boolean
  /** Bytes; null where nobody knows. */
  readonly #total: number | null
  /** What is wrong with the file, beside rows that the store does not take. */
  #problems = 0
  /** Rows since the first line; null before it, and after the last. */
  #counted: number | null = null

  constructor(store: Store, overwrite: boolean, output: Output, total: number | null) {
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
      const line = text === null ? this.#problem(`Line ${number}: ${problem}.`) : this.#parse(number, text)
      if (line?.kind === 'row') {
        rows++
        await this.#putter.put(line.row)
      }
      this.#output.progress(() => speed(rows, end, this.#output), this.#total === null ? null : end / this.#total)
    }
    await this.#putter.flush()
    if (this.#counted !== null) this.#problem('The file is cut off: it ends without its last line.')
    if (rows === 0 && this.#problems === 0 && this.#counted === null) this.#output.tell('There is no object in it.')
    const { text, complete } = outcomeOf(this.#putter.tally, 'the file', this.#overwrite)
    await this.#output.print(text)
    if (this.#problems > 0)
      this.#output.tell(
        `${counted(this.#problems, 'problem')} with the file, named above: what it concerns is not there.`,
      )
    return complete && this.#problems === 0 ? 0 : 1
  }

  #parse(number: number, text: string): Line | null {
    let line: Line
    try {
      line = parseLine(text)
    } catch (error) {
      if (error instanceof UsageError) throw error
      return this.#problem(`Line ${number}: ${messageOf(error)}: ${harmless(text.slice(0, 60))}`)
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
        return this.#problem(
          `Line ${number}: ${line.row.id} could not be read when it was exported (${harmless(line.row.damaged)}).`,
        )
      case 'row':
        if (this.#counted !== null) this.#counted++
    }
    return line
  }

  #problem(text: string): null {
    this.#problems++
    this.#output.tell(text)
    return null
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
