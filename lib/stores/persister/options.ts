/** How a server uses its store. */
import { UsageError } from '../../base/errors.ts'

/** `createServer({ storage: { ... } })`. */
export interface StorageOptions {
  /** What this server writes as: another server that claims the same shard of the same store takes it over. @default 'main' */
  readonly shard?: string
  /** The least time between two commits that nobody waits for, ms: what a crash may cost at most, beside the commit under way. @default 100 */
  readonly gapMs?: number
  /** `lazy`: the stored objects of a zone come into the game when a client begins to watch it, which waits for them. `manual`: when you load them. @default 'manual' */
  readonly zones?: 'manual' | 'lazy'
  /** With lazy zones: how long the stored objects of a zone that nobody watches stay in the game, ms; those of clients that are connected stay. @default 60,000 */
  readonly unloadMs?: number
  /** With so many objects unsaved, `create` with `persistent: true` and loading are refused until the store has caught up. @default 100,000 */
  readonly dirtyLimit?: number
  /** How long `server.stop()` waits for a store that fails, ms; it then rejects and says how much is unsaved. @default 30,000 */
  readonly stopMs?: number
}

/** @throws UsageError for options that are none, or that cannot be followed. */
export function checkStorage(options: StorageOptions): void {
  const times = { gapMs: 0, unloadMs: 0, stopMs: 0, dirtyLimit: 1 }
  for (const [name, value] of Object.entries(options)) {
    const least = times[name as keyof typeof times]
    const fits =
      least !== undefined
        ? typeof value === 'number' && value >= least && value < 2 ** 31
        : name === 'zones'
          ? value === 'lazy' || value === 'manual'
          : name === 'shard' && typeof value === 'string' && value !== ''
    if (fits || value === undefined) continue
    const known = ['shard', 'zones', ...Object.keys(times)]
    throw new UsageError(
      known.includes(name)
        ? `createServer({ storage: { ${name} } }) cannot be ${JSON.stringify(value)}: ${least !== undefined ? `it is a number of at least ${least}` : name === 'zones' ? "it is 'lazy' or 'manual'" : 'it is a text'}.`
        : `createServer({ storage }) has no option '${name}'. It has ${known.join(', ')}.`,
    )
  }
}
