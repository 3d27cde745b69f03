/** The command `fieldcast` as a child process, and places for stores that it can be told by url. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { storeByUrl } from '../../lib/stores/by-url.ts'
import { loadDriver, table } from '../../lib/stores/lmdb/driver.ts'
import type { Damaged, Store, StoredRow } from '../../lib/stores/store.ts'
import { keysOf, row } from '../../lib/stores/suite/bench.ts'
import { MariadbPlaces } from './mariadb.ts'
import { PostgresPlaces } from './postgres.ts'
import { mariadbUrl, mongodbUrl, postgresUrl, requireService } from './services.ts'

const main = fileURLToPath(new URL('../../dist/decorators/transformer/command/main.js', import.meta.url))

const odd: readonly Partial<StoredRow>[] = [
  { fields: '{}' },
  { fields: '{ "b" : [1.0],"a":[1e2], "b":[2] }' },
  { fields: '{"n":[12345678901234567890.10,-0,1E400]}' },
  { fields: '{\n"say":["on two lines"]\n}' },
  { fields: '{"__proto__":[{"constructor":1}]}' },
  { fields: JSON.stringify({ say: ['äß 語 🐟 \u2028 \ufeff \uffff', '\ud800', 'a\u0000b', `\\ ' " }`] }) },
  { owner: '', zone: null },
  { owner: `o'brien "the" \\`, zone: 2 ** 32 - 1 },
  { class: 'fieldcast:account', format: 0, version: Number.MAX_SAFE_INTEGER },
  { keys: keysOf(['__proto__', 'x'], ['name', '"ann"'], ['', '\u2028']) },
]
/** Rows with all that makes a difference to how they are written down. */
export const oddRows: readonly StoredRow[] = odd.map((part, n) => row(n, part))

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** `fieldcast store ...args` in a folder. @param options of Node. */
export function storeCommand(
  cwd: string,
  args: readonly string[],
  { input = '', node = [] as readonly string[] } = {},
): Promise<Outcome> {
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(process.execPath, [...node, main, 'store', ...args], { cwd, env })
  const read = (stream: NodeJS.ReadableStream): (() => string) => {
    const chunks: Buffer[] = []
    stream.on('data', chunk => chunks.push(chunk))
    return () => Buffer.concat(chunks).toString()
  }
  const [out, err] = [read(child.stdout), read(child.stderr)]
  // It may end before it has read what it is told.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, out: out(), err: err() }))
  })
}

/** A folder of its own, in which worlds can be. */
export class Desk {
  readonly root: string = mkdtempSync(join(tmpdir(), 'fieldcast-command-'))

  path(name: string): string {
    return join(this.root, name)
  }

  run(...args: readonly string[]): Promise<Outcome> {
    return storeCommand(this.root, args)
  }

  /** Puts rows into the world of that name, or at that url. */
  async fill(url: string, rows: readonly StoredRow[]): Promise<void> {
    await this.using(url, async store => {
      for (let from = 0; from < rows.length; from += 1000) await store.commit({ put: rows.slice(from, from + 1000) })
    })
  }

  /** What is there, in the order of ids. */
  rows(url: string): Promise<(StoredRow | Damaged)[]> {
    return this.using(url, async store => {
      const { rows, next } = await store.query({ limit: 10_000 })
      if (next !== null) throw new Error('These are more rows than a spec should have.')
      return [...rows]
    })
  }

  async using<T>(url: string, use: (store: Store) => Promise<T>): Promise<T> {
    const store = storeByUrl(url.includes(':') ? url : this.path(url))
    await store.open()
    try {
      return await use(store)
    } finally {
      await store.close()
    }
  }

  /** Makes rows of an lmdb world unreadable. */
  async damage(world: string, ...ids: readonly string[]): Promise<void> {
    const root = (await loadDriver()).environment(this.path(world))
    const objects = table(root, 'objects')!
    for (const id of ids) await objects.put(id, Buffer.from('{"version":7,'))
    await root.close()
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

export interface UrlPlace {
  readonly url: string
  remove(): Promise<void> | void
}

/** A kind of store, and empty places for it. */
export interface UrlPlaces {
  readonly kind: string
  /** In a `before` hook; skips the suite where there is no such server. */
  start(suite: Mocha.Context): Promise<void>
  next(): UrlPlace
  end(): Promise<void>
}

/** An empty place for each test of the suite that calls this; skipped where there is no such server. */
export function placeOfEach(places: UrlPlaces): UrlPlace {
  let place: UrlPlace
  before(async function () {
    await places.start(this)
  })
  after(() => places.end())
  beforeEach(() => {
    place = places.next()
  })
  afterEach(() => place.remove())
  return {
    get url() {
      return place.url
    },
    remove: () => place.remove(),
  }
}

/** Every kind of store that outlives its process. */
export function everyUrl(): UrlPlaces[] {
  const postgres = new PostgresPlaces()
  const mariadb = new MariadbPlaces()
  let mongodb = ''
  let made = 0
  const with_ = (url: string, parameter: string): string => `${url}${url.includes('?') ? '&' : '?'}${parameter}`
  return [
    {
      kind: 'lmdb',
      start: async () => {},
      next() {
        const desk = new Desk()
        return { url: `lmdb:${desk.path('world')}`, remove: () => desk.remove() }
      },
      end: async () => {},
    },
    {
      kind: 'postgres',
      start: async suite => postgres.start(await requireService(suite, postgresUrl)),
      next() {
        const place = postgres.next()
        return { url: with_(postgres.url, `schema=${place.schema}`), remove: () => place.remove() }
      },
      end: () => postgres.end(),
    },
    {
      kind: 'mariadb',
      start: async suite => mariadb.start(await requireService(suite, mariadbUrl)),
      next() {
        const place = mariadb.next()
        return { url: with_(place.url, `prefix=${place.prefix}`), remove: () => mariadb.drop(place) }
      },
      end: () => mariadb.end(),
    },
    {
      kind: 'mongodb',
      start: async suite => {
        mongodb = await requireService(suite, mongodbUrl)
      },
      next: () => ({ url: with_(mongodb, `prefix=spec_${process.pid}_${++made}_`), remove: () => {} }),
      end: async () => {},
    },
  ]
}
