/** `fieldcast store migrate`: brings rows of older versions of their classes up to date, all at once instead of each when it is loaded. */
import { StoreError } from '../../base/errors.ts'
import type { NetworkClass } from '../../schema/network-class.ts'
import { ACCOUNT_CLASS } from '../accounts/account-row.ts'
import { isDamaged, type Store, type StoredRow } from '../store.ts'
import { type Given, type StoreCommand, WrongCommandLine } from './command.ts'
import { speed } from './export.ts'
import type { Migrated, RowMigrator } from './migrate-row.ts'
import { messageOf, withStore } from './open.ts'
import type { Output } from './output.ts'
import { patiently } from './patience.ts'
import { lengthOf, shareOf, walk } from './walk.ts'
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
    const migrations = new Map<string, Migration>()
    for (const type of schema.classes.values())
      migrations.set(type.name, new Migration(store, type, migrator, options['dry-run'] === true, output))
    return (await migrateAll(store, migrations, output)) ? 0 : 1
  })
}

/** In one pass, so that objects of other classes are found too. Gives whether nothing was left to do. */
async function migrateAll(store: Store, migrations: ReadonlyMap<string, Migration>, output: Output): Promise<boolean> {
  /** How many objects there are of classes that are not ours. */
  const others = new Map<string, number>()
  let damaged = 0
  let rows = 0
  let bytes = 0
  const share = await shareOf(store, output)
  for await (const page of walk(store, {}, output)) {
    const batches = new Map<Migration, StoredRow[]>()
    for (const row of page) {
      rows++
      bytes += lengthOf(row)
      if (isDamaged(row)) {
        damaged++
        output.tell(`${row.id}: it cannot be read (${harmless(row.damaged)})`)
        continue
      }
      const migration = migrations.get(row.class)
      if (!migration) {
        others.set(row.class, (others.get(row.class) ?? 0) + 1)
        continue
      }
      const batch = batches.get(migration)
      if (batch) batch.push(row)
      else batches.set(migration, [row])
    }
    for (const [migration, batch] of batches) await migration.take(batch)
    output.progress(() => speed(rows, bytes, output), share(rows))
  }
  others.delete(ACCOUNT_CLASS)
  let left = damaged
  for (const migration of migrations.values()) left += await migration.summary()
  for (const [name, n] of others)
    await output.print(`${counted(n, 'object')} of ${harmless(name)}: no file exports that class.`)
  if (damaged > 0)
    await output.print(
      `${counted(damaged, 'object')} cannot be read, and ${damaged === 1 ? 'stays as it is' : 'stay as they are'}.`,
    )
  return left === 0 && others.size === 0
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

  /** Says what was done. Gives how many rows do not fit. */
  async summary(): Promise<number> {
    const output = this.#output
    const { name } = this.#type
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

  async take(rows: readonly StoredRow[]): Promise<void> {
    const writes: Write[] = []
    for (const row of rows) {
      this.#rows++
      const migrated = this.#migrated(row)
      for (const name of migrated?.unknown ?? []) this.#unknown.set(name, (this.#unknown.get(name) ?? 0) + 1)
      if (migrated?.row) writes.push({ row: migrated.row, from: row })
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
  #migrated(row: StoredRow): Migrated | null {
    try {
      return this.#migrator.migrate(row)
    } catch (error) {
      this.#leave(row, error)
      return null
    }
  }

  #leave(row: StoredRow, error: unknown): void {
    this.#left++
    this.#output.tell(`${this.#type.name} ${row.id}: ${harmless(messageOf(error))}`)
  }
}

/** False for what the store refuses for good. @throws any other error. */
function refusal(error: unknown): false {
  if (error instanceof StoreError && error.kind === 'fatal') return false
  throw error
}
