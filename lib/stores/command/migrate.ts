/** `fieldcast store migrate`: brings rows of older versions of their classes up to date, all at once instead of each when it is loaded. */
import { StoreError } from '../../base/errors.ts'
import type { NetworkClass } from '../../schema/network-class.ts'
import { type Damaged, isDamaged, type Store, type StoredRow } from '../store.ts'
import { type Given, type StoreCommand, WrongCommandLine } from './command.ts'
import { speed } from './export.ts'
import type { Migrated, RowMigrator } from './migrate-row.ts'
import { messageOf, withStore } from './open.ts'
import type { Output } from './output.ts'
import { patiently } from './patience.ts'
import { lengthOf, walk } from './walk.ts'
import { count, counted, harmless } from './words.ts'

export const migrate: StoreCommand = {
  parameters: '<url> --classes <file> [--dry-run]',
  summary: 'brings objects of older versions of their classes up to date, as loading does one by one',
  words: [1, 1],
  options: { classes: { type: 'string', multiple: true }, 'dry-run': { type: 'boolean', default: false } },
  run,
}

async function run({ words: [url], options, output }: Given): Promise<number> {
  const files = (options.classes ?? []) as readonly string[]
  if (files.length === 0)
    throw new WrongCommandLine('migrate needs the file that exports the classes of the game: --classes ./model.ts')
  // With the engine behind them: no other command needs that.
  const [{ loadClasses }, { RowMigrator }] = await Promise.all([import('./classes.ts'), import('./migrate-row.ts')])
  return withStore(url!, true, async store => {
    const schema = await loadClasses(files)
    const migrator = new RowMigrator(schema, output.clock, store.name)
    let left = 0
    for (const type of schema.classes.values())
      left += await new Migration(store, type, migrator, options['dry-run'] === true, output).run()
    return left === 0 ? 0 : 1
  })
}

/** How often a row is read anew because somebody else has changed it. */
const ATTEMPTS = 10

interface Write {
  readonly row: StoredRow
  /** As it is in the store. */
  readonly from: StoredRow
}

/** The rows of one class. */
class Migration {
  readonly #store: Store
  readonly #type: NetworkClass
  readonly #migrator: RowMigrator
  readonly #dry: boolean
  readonly #output: Output
  #rows = 0
  #bytes = 0
  #changed = 0
  #left = 0
  /** How many rows hold a value that the class has no field for, by its name. */
  readonly #unknown = new Map<string, number>()

  constructor(store: Store, type: NetworkClass, migrator: RowMigrator, dry: boolean, output: Output) {
    this.#store = store
    this.#type = type
    this.#migrator = migrator
    this.#dry = dry
    this.#output = output
  }

  /** Gives how many rows do not fit. */
  async run(): Promise<number> {
    const output = this.#output
    const { name } = this.#type
    for await (const page of walk(this.#store, { class: name }, output)) {
      await this.#take(page)
      output.progress(() => `${name}: ${speed(this.#rows, this.#bytes, output)}`)
    }
    const changed = `${count(this.#changed)} ${this.#dry ? 'would be brought' : 'brought'} up to date`
    const left = this.#left > 0 ? `, ${count(this.#left)} left as ${this.#left === 1 ? 'it is' : 'they are'}` : ''
    await output.print(
      `${name}, version ${this.#type.declaration.options.version ?? 1}: ${counted(this.#rows, 'object')}, ${changed}${left}.`,
    )
    for (const [field, rows] of this.#unknown)
      await output.print(
        `  ${counted(rows, 'object')} keep${rows === 1 ? 's' : ''} a value of ${harmless(field)}, which is no Database field of ${name}.`,
      )
    return this.#left
  }

  async #take(page: readonly (StoredRow | Damaged)[]): Promise<void> {
    const writes: Write[] = []
    for (const row of page) {
      this.#rows++
      this.#bytes += lengthOf(row)
      const migrated = this.#migrated(row)
      for (const name of migrated?.unknown ?? []) this.#unknown.set(name, (this.#unknown.get(name) ?? 0) + 1)
      if (migrated?.row) writes.push({ row: migrated.row, from: row as StoredRow })
    }
    if (this.#dry) this.#changed += writes.length
    else await this.#write(writes)
  }

  async #write(writes: readonly Write[]): Promise<void> {
    const { batch } = this.#store.capabilities
    for (let start = 0; start < writes.length; start += batch) {
      const some = writes.slice(start, start + batch)
      if (await this.#commit(some).catch(refusal)) this.#changed += some.length
      else for (const { from } of some) await this.#alone(from.id)
    }
  }

  #commit(writes: readonly Write[]): Promise<boolean> {
    const put = writes.map(({ row }) => row)
    const expect = writes.map(({ from: { id, version } }) => ({ id, version }))
    return patiently(this.#output, () => this.#store.commit({ put, expect }))
  }

  /** A row of a batch in which one was changed by somebody else, or is refused by the store. */
  async #alone(id: string): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [row] = await patiently(this.#output, () => this.#store.get([id]))
      if (!row || isDamaged(row) || row.class !== this.#type.name) return
      const migrated = this.#migrated(row)
      if (!migrated?.row) return
      try {
        if (!(await this.#commit([{ row: migrated.row, from: row }]))) continue
        this.#changed++
      } catch (error) {
        refusal(error)
        this.#leave(row, error)
      }
      return
    }
    throw new StoreError(
      'retryable',
      `Somebody else goes on changing ${this.#type.name} ${id}: stop the servers that use ${this.#store.name}.`,
    )
  }

  /** Null for a row that does not fit, which is told. */
  #migrated(row: StoredRow | Damaged): Migrated | null {
    try {
      if (isDamaged(row)) throw new Error(`it cannot be read (${row.damaged})`)
      return this.#migrator.migrate(row)
    } catch (error) {
      this.#leave(row, error)
      return null
    }
  }

  #leave(row: StoredRow | Damaged, error: unknown): void {
    this.#left++
    this.#output.tell(`${this.#type.name} ${row.id}: ${harmless(messageOf(error))}`)
  }
}

/** False for what the store refuses for good. @throws any other error. */
function refusal(error: unknown): false {
  if (error instanceof StoreError && error.kind === 'fatal') return false
  throw error
}
