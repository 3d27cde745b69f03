/** Worlds in PostgreSQL that a version before has made: layout 1, from its own statements. A layout keeps its tables and functions for good: what is to differ has another number. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { Flags, field, type int16, NetworkObject, networkClass, Registry, type str } from 'fieldcast'
import { World } from 'fieldcast/testing'
import { idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { Desk } from './command-places.ts'
import { type PostgresPlace, PostgresPlaces } from './postgres.ts'
import { postgresUrl, requireService } from './services.ts'

const layout = readFileSync(new URL('./postgres-layout-1.sql', import.meta.url), 'utf8')

/** As a server of that version has written them: two objects of a class of version 1, one that was deleted, and the shard that it held. */
const rows = String.raw`
INSERT INTO fieldcast.shards VALUES ('main', 3, now());
INSERT INTO fieldcast.objects (id, class, version, format, owner, zone, keys, fields, deleted) VALUES
  ('${idOf(1)}', 'Hero', 1700000000000, 1, 'ann', 1, '{"name": "\"ann\""}', '{"setName":["ann"],"position":[3,4]}', NULL),
  ('${idOf(2)}', 'Hero', 1700000000001, 1, '\\\carl', 1, '{"name": "\"bob\""}', '{"setName":["bob"],"position":[5,6]}', NULL),
  ('${idOf(3)}', NULL, 1700000000002, NULL, NULL, NULL, '{}', NULL, now());
`

const model = `import { field, Flags, networkClass, NetworkObject, type int16, type str } from 'fieldcast'
@networkClass(1, { version: 2, index: ['name'] })
export class Hero extends NetworkObject {
  static migrate({ position, ...rest }: Record<string, any[]>) {
    return position ? { ...rest, moveTo: [...position, 0] } : rest
  }
  @field(Flags.Broadcast | Flags.Database) setName(name: str<32>) {}
  @field(Flags.Broadcast | Flags.Database) moveTo(x: int16, y: int16, z: int16) {}
}
`

@networkClass(1, { registry: new Registry(), version: 2, index: ['name'] })
class Hero extends NetworkObject {
  name = ''
  at: readonly number[] = []

  static migrate({ position, ...rest }: Record<string, unknown[]>): Record<string, unknown[]> {
    return position ? { ...rest, moveTo: [...position, 0] } : rest
  }
  @field(Flags.Broadcast | Flags.Database)
  setName(name: str<32>): void {
    this.name = name
  }
  @field(Flags.Broadcast | Flags.Database)
  moveTo(x: int16, y: int16, z: int16): void {
    this.at = [x, y, z]
  }
}

describe('A world in PostgreSQL of layout 1', function () {
  this.timeout(60_000)
  const places = new PostgresPlaces()

  before(async function () {
    await places.start(await requireService(this, postgresUrl))
  })
  after(() => places.end())

  /** Made by that version, with what `filled` says. */
  async function made(filled = ''): Promise<PostgresPlace> {
    const place = places.next()
    await places.sql.query((layout + filled).replaceAll('fieldcast', place.schema))
    return place
  }

  it('is read, counted, written, compared and deleted from', async () => {
    const place = await made(rows)
    const store = place.store()
    await store.open()
    const [ann, bob, gone] = await store.get([1, 2, 3].map(idOf))
    expect(ann).to.deep.include({ owner: 'ann', zone: 1, keys: { name: '"ann"' }, version: 1_700_000_000_000 })
    expect([bob, gone]).to.deep.equal([
      {
        ...row(2, { class: 'Hero', version: 1_700_000_000_001, owner: '\\carl', zone: 1 }),
        keys: { name: '"bob"' },
        fields: '{"setName":["bob"],"position":[5,6]}',
      },
      undefined,
    ])
    expect(await store.count!()).to.equal(2)
    expect(await store.count!({ class: 'Hero', key: { name: 'name', value: '"bob"' } })).to.equal(1)
    // Several calls of its function, of which the first compares.
    const many = numbers(5_000).map(n => row(n, { version: 1_800_000_000_000, keys: { name: `"${n}"` } }))
    const expect_ = [{ id: idOf(1), version: 1_700_000_000_000 }]
    expect(await store.commit({ put: many, expect: expect_ })).to.equal(true)
    expect(await store.commit({ put: many, expect: expect_ })).to.equal(false)
    const del = [{ id: idOf(2), version: 1_900_000_000_000 }]
    expect(await store.commit({ put: [], del }, { shard: 'main', epoch: 3 })).to.equal(true)
    expect(await store.count!()).to.equal(4_999)
    expect((await store.query({ class: 'Hero', limit: 9 })).rows).to.deep.equal([])
    const found = await store.query({ class: 'Player', key: { name: 'name', value: '"4999"' }, limit: 9 })
    expect(found).to.deep.equal({ rows: [many[4_999]], next: null })
    await store.close()
  })

  it('is played in by a game whose class has changed since', async () => {
    const place = await made(rows)
    const start = (): Promise<World> =>
      World.start({ server: { classes: [Hero], store: place.store() }, client: { classes: [Hero] } })
    const before = await start()
    const ann = (await before.until(before.server.load<Hero>(idOf(1))))!
    expect([ann.name, ann.at]).to.deep.equal(['ann', [3, 4, 0]])
    ann.send.setName('zoe')
    await before.until(ann.saved())
    await before.stop()
    const after = await start()
    expect((await after.until(after.server.find(Hero, { name: 'zoe' }))).map(({ id }) => id)).to.deep.equal([idOf(1)])
    expect((await after.until(after.server.load<Hero>(idOf(1))))!.at).to.deep.equal([3, 4, 0])
    await after.stop()
    const { rows: shards } = await places.sql.query(`SELECT shard, epoch FROM ${place.schema}.shards`)
    expect(shards).to.deep.equal([{ shard: 'main', epoch: '5' }])
  })

  it('is brought up to date as a whole by fieldcast store migrate', async () => {
    const place = await made(rows)
    const desk = new Desk()
    try {
      mkdirSync(desk.path('node_modules'))
      symlinkSync(fileURLToPath(new URL('../../', import.meta.url)), desk.path('node_modules/fieldcast'), 'dir')
      writeFileSync(desk.path('package.json'), '{ "type": "module" }')
      writeFileSync(desk.path('model.ts'), model)
      const url = new URL(places.url)
      url.searchParams.set('schema', place.schema)
      const { code, out } = await desk.run('migrate', url.href, '--classes', 'model.ts')
      expect([code, out]).to.deep.equal([0, 'Hero, version 2: 2 objects, 2 brought up to date.\n'])
      const migrated = await desk.rows(url.href)
      expect(migrated.map(each => 'fields' in each && JSON.parse(each.fields))).to.deep.equal([
        { setName: ['ann'], moveTo: [3, 4, 0] },
        { setName: ['bob'], moveTo: [5, 6, 0] },
      ])
    } finally {
      desk.remove()
    }
  })

  it('has the tables, indexes, checks, triggers and functions that one made today has', async () => {
    const today = places.next()
    const store = today.store()
    await store.open()
    await store.close()
    const old = await made()
    const [ofToday, ofOld] = await Promise.all([definitions(today.schema), definitions(old.schema)])
    expect(ofToday).to.deep.equal(ofOld)
    expect(ofOld).to.have.length.above(30)
  })

  /** All that stands in a schema, as the server writes it, without what is said to people. */
  async function definitions(schema: string): Promise<string[]> {
    const { rows: found } = await places.sql.query(
      `WITH space AS (SELECT oid FROM pg_namespace WHERE nspname = $1),
         tables AS (SELECT c.* FROM pg_class c WHERE relnamespace IN (TABLE space) AND relkind IN ('r', 'i'))
       SELECT pg_get_functiondef(oid) AS text FROM pg_proc WHERE pronamespace IN (TABLE space)
       UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM tables)
       UNION ALL SELECT pg_get_indexdef(oid) FROM tables WHERE relkind = 'i'
       UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace IN (TABLE space)
       UNION ALL SELECT concat_ws(' ', a.attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attcollation::regcollation, pg_get_expr(adbin, adrelid))
         FROM pg_attribute a LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum
         WHERE attrelid IN (SELECT oid FROM tables) AND attnum > 0
       UNION ALL SELECT concat_ws(' ', relname, reloptions) FROM tables
       UNION ALL SELECT value FROM ${schema}.meta WHERE name = 'layout'`,
      [schema],
    )
    return found.map(({ text }) => text.replaceAll(schema, 'fieldcast').replaceAll(/^ *--.*\n/gm, '')).sort()
  }
})
