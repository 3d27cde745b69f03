/** The store on PostgreSQL: the contract, and the layout that people read and mend. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { StoreError } from '../../lib/base/errors.ts'
import type { Damaged, Store, StoredRow } from '../../lib/stores/store.ts'
import { idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { damageCases, storeCases } from '../../lib/stores/suite.ts'
import { failureOf } from '../support/outcome.ts'
import { type PostgresPlace, PostgresPlaces, withSetting } from './postgres.ts'
import { postgresUrl, requireService } from './services.ts'

describe('postgresStore', () => {
  const places = new PostgresPlaces()
  let place: PostgresPlace
  let store: Store

  before(async function () {
    await places.start(await requireService(this, postgresUrl))
  })
  after(() => places.end())

  for (const { title, run } of storeCases(() => places.next())) it(title, run)
  for (const [what, hurt] of [
    ['a key that is no text', `keys = '{"name": 3}'`],
    ['an owner in a form that is none of ours', `owner = '\\q'`],
    ['a version that nobody gives', 'version = 0'],
  ] as const)
    describe(`where a hand has written ${what}`, () => {
      for (const { title, run } of damageCases(() => places.next(hurt))) it(title, run)
    })

  describe('its layout', () => {
    const table = (name: string): string => `${place.schema}.${name}`
    const sql = (statement: string, ...values: unknown[]) => places.sql.query(statement, values)
    const found = async (value: string): Promise<string[]> =>
      (await store.query({ class: 'Player', key: { name: 'name', value }, limit: 9 })).rows.map(({ id }) => id)

    beforeEach(async () => {
      place = places.next()
      store = place.store()
      await store.open()
    })
    afterEach(() => store.close())

    it('is read by the statements that its description shows', async () => {
      await store.commit({ put: [row(1, { keys: { name: 'ann' }, owner: 'ann' })] })
      const text = readFileSync(new URL('../../lib/stores/postgres/layout.ts', import.meta.url), 'utf8')
      const statements = /```sql\n([\s\S]*?)```/.exec(text)![1]!.replaceAll(/^ \* /gm, '').trim().split('\n')
      const [players, fields, byKey, classes, change] = statements.map(each =>
        each.replaceAll('fieldcast.', `${place.schema}.`).replace('65f0c1d2e3a4b5c6d7e8f901', idOf(1)),
      )
      expect((await sql(players!)).rows).to.deep.equal([
        { id: idOf(1), owner: 'ann', zone: '0', fields: row(1).fields },
      ])
      expect((await sql(fields!)).rows).to.deep.equal([{ id: idOf(1), '?column?': [1, 0] }])
      expect((await sql(byKey!)).rows[0]).to.include({ id: idOf(1), class: 'Player' })
      expect((await sql(classes!)).rows[0]).to.include({ class: 'Player', count: '1' })
      await sql(change!)
      expect((await store.get([idOf(1)]))[0]).to.include({ owner: 'bob', version: 2 })
      expect(statements).to.have.length(5)
    })

    it('hands fields on that a hand has spoiled, as text', async () => {
      await store.commit({ put: [row(1), row(2)] })
      await sql(`UPDATE ${table('objects')} SET fields = left(fields, 5) WHERE id = $1`, idOf(1))
      const [spoiled, other] = (await store.get([idOf(1), idOf(2)])) as StoredRow[]
      expect(spoiled!.fields).to.equal(row(1).fields.slice(0, 5))
      expect(other).to.deep.equal(row(2))
    })

    it('finds by keys what a hand has written, changed, deleted', async () => {
      await store.commit({ put: [row(1, { keys: { name: 'ann' } }), row(2, { keys: { name: 'bob' } })] })
      await sql(`UPDATE ${table('objects')} SET keys = '{"name": "zoe"}' WHERE id = $1`, idOf(1))
      await sql(`DELETE FROM ${table('objects')} WHERE id = $1`, idOf(2))
      await sql(
        `INSERT INTO ${table('objects')} (id, class, version, format, fields, keys) VALUES ($1, 'Player', 1, 1, '{}', '{"name": "eve"}')`,
        idOf(3),
      )
      expect([await found('ann'), await found('bob')]).to.deep.equal([[], []])
      expect([await found('zoe'), await found('eve')]).to.deep.equal([[idOf(1)], [idOf(3)]])
      await sql(`UPDATE ${table('objects')} SET class = 'Ship' WHERE id = $1`, idOf(3))
      expect(await found('eve')).to.deep.equal([])
      await sql(`TRUNCATE ${table('objects')}`)
      await store.commit({ put: [row(1, { keys: { name: 'zoe' } })] })
      expect(await found('zoe')).to.deep.equal([idOf(1)])
    })

    it('names all that is wrong with a row, also where a hand has taken the checks away', async () => {
      await store.commit({ put: [row(1)] })
      await sql(`ALTER TABLE ${table('objects')} DROP CONSTRAINT objects_id_check, DROP CONSTRAINT objects_keys_check,
        DROP CONSTRAINT objects_version_check, ALTER keys DROP NOT NULL`)
      await sql(`ALTER TABLE ${table('objects')} DISABLE TRIGGER USER`)
      await sql(`UPDATE ${table('objects')} SET id = 'x', keys = '[1]', version = 9007199254740993, fields = '\\'`)
      const { rows } = await store.query({ limit: 5 })
      expect((rows[0] as Damaged).damaged).to.match(/id .*version is 9007199254740993.*keys is no object.*fields/)
      expect(rows[0]!.id).to.equal('x')
    })

    it('of a newer version is refused, and left as it is', async () => {
      await store.commit({ put: [row(1)] })
      await store.close()
      await sql(`UPDATE ${table('meta')} SET value = CASE name WHEN 'layout' THEN '7' ELSE '3.1.4' END`)
      const error = await failureOf(place.store().open(), StoreError)
      expect(error.kind).to.equal('fatal')
      expect(error.message).to.match(/layout is of version 7, written by fieldcast 3\.1\.4/)
      const { rows } = await sql(
        `SELECT (SELECT count(*) FROM ${table('objects')}) AS objects, * FROM ${table('meta')}`,
      )
      expect(rows).to.deep.equal([
        { objects: '1', name: 'layout', value: '7' },
        { objects: '1', name: 'library', value: '3.1.4' },
      ])
    })

    for (const [what, statement] of [
      ['without a meta', 'CREATE TABLE objects (x int)'],
      ['with another meta', 'CREATE TABLE meta (x int)'],
      ['with a meta of something else', `CREATE TABLE meta AS SELECT 'layout' AS name, 'wide' AS value`],
    ] as const)
      it(`is not made among tables of somebody else, ${what}`, async () => {
        await store.close()
        await place.remove()
        await sql(`CREATE SCHEMA ${place.schema}`)
        await sql(statement.replace('TABLE ', `TABLE ${place.schema}.`))
        const error = await failureOf(place.store().open(), StoreError)
        expect(error.kind).to.equal('fatal')
        expect(error.message).to.contain('not ours')
        const { rows } = await sql('SELECT tablename FROM pg_tables WHERE schemaname = $1', place.schema)
        expect(rows).to.have.length(1)
      })

    it('is made in a schema that is there already, beside other tables', async () => {
      await store.close()
      await place.remove()
      await sql(`CREATE SCHEMA ${place.schema}`)
      await sql(`CREATE TABLE ${table('highscores')} (x int)`)
      store = place.store()
      await store.open()
      expect(await store.commit({ put: [row(1)] })).to.equal(true)
    })

    it('forgets deletions after two hours, when it is opened and after many others', async () => {
      const tombs = async () => Number((await sql(`SELECT count(*) FROM ${table('objects')}`)).rows[0].count)
      const age = () => sql(`UPDATE ${table('objects')} SET deleted = now() - interval '125 minutes'`)
      await store.commit({ put: [], del: numbers(3).map(n => ({ id: idOf(n), version: 1 })) })
      await age()
      await store.commit({ put: [], del: [{ id: idOf(3), version: 1 }] })
      await store.close()
      await store.open()
      await store.close()
      expect(await tombs()).to.equal(1)
      await age()
      await store.open()
      await store.close()
      expect(await tombs()).to.equal(0)
      await store.open()
      await store.commit({ put: [], del: [{ id: idOf(4), version: 1 }] })
      await age()
      await store.commit({ put: [], del: numbers(1000).map(n => ({ id: idOf(100 + n), version: 1 })) })
      await store.close()
      expect(await tombs()).to.equal(1000)
    })

    it('keeps nothing of objects that were only expected to be absent', async () => {
      const ids = async () => (await sql(`SELECT id FROM ${table('objects')}`)).rows.map(({ id }) => id)
      const absent = [1, 2].map(n => ({ id: idOf(n), version: 0 }))
      expect(await store.commit({ put: [row(3)], expect: absent })).to.equal(true)
      expect(await ids()).to.deep.equal([idOf(3)])
      const wrong = { id: idOf(3), version: 9 }
      expect(await store.commit({ put: [row(4)], expect: [...absent, wrong] })).to.equal(false)
      expect(await ids()).to.deep.equal([idOf(3)])
    })

    it('has durable commits though the role does without', async () => {
      await sql(`CREATE TABLE ${table('seen')} (setting text)`)
      await sql(`CREATE FUNCTION ${table('look')}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO ${table('seen')} VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$`)
      for (const name of ['objects', 'shards'])
        await sql(`CREATE CONSTRAINT TRIGGER look AFTER INSERT OR UPDATE ON ${table(name)} DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION ${table('look')}()`)
      const careless = place.store({ url: withSetting(places.url, 'synchronous_commit=off') })
      await careless.open()
      await careless.claim('world', 1)
      await careless.commit({ put: [row(1)] }, { shard: 'world', epoch: 1 })
      await careless.commit({
        put: numbers(2_500).map(n => row(n, { version: 2 })),
        expect: [{ id: idOf(1), version: 1 }],
      })
      await careless.close()
      const { rows } = await sql(`SELECT setting, count(*) > 2500 AS many FROM ${table('seen')} GROUP BY setting`)
      expect(rows).to.deep.equal([{ setting: 'on', many: true }])
    })

    it('writes nothing of a long commit whose last object cannot be stored', async () => {
      const put = numbers(5_000).map(n => row(n))
      const last = put.reduce((a, b) => (a.id > b.id ? a : b))
      for (const [what, spoiled] of [
        [/zone is 0\.5/, { zone: 0.5 }],
        [/owner is longer than 2000 bytes/, { owner: '語'.repeat(1_000) }],
        [/class is longer than 500 bytes/, { class: 'C'.repeat(501) }],
        [/value of a key is longer/, { keys: { name: 'k'.repeat(1_301) } }],
        [/version is 1\.5/, { version: 1.5 }],
      ] as const) {
        const bad = put.map(each => (each === last ? { ...each, ...spoiled } : each))
        const error = await failureOf(store.commit({ put: bad }), StoreError)
        expect(error.kind).to.equal('fatal')
        expect(error.message).to.match(what).and.contain(last.id)
      }
      expect(await store.query({ limit: 1 })).to.deep.equal({ rows: [], next: null })
    })

    for (const level of ['repeatable read', 'serializable'])
      it(`lets one of many creators win where the default is ${level}`, async () => {
        const url = withSetting(places.url, `default_transaction_isolation=${level.replace(' ', '\\ ')}`)
        const strict = place.store({ url })
        await strict.open()
        const creators = numbers(8).map(async n => {
          for (;;)
            try {
              return await strict.commit({ put: [row(1, { owner: `${n}` })], expect: [{ id: idOf(1), version: 0 }] })
            } catch (error) {
              if ((error as StoreError).kind !== 'retryable') throw error
            }
        })
        const won = await Promise.all(creators)
        await strict.close()
        expect(won.filter(Boolean)).to.have.length(1)
        expect((await store.get([idOf(1)]))[0]).to.include({ owner: `${won.indexOf(true)}` })
      })
  })
})
