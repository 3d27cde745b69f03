/** The acceptance cases on every store that there is. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lmdbStore } from '../../lib/stores/lmdb.ts'
import { mariadbStore } from '../../lib/stores/mariadb.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import { mongodbStore } from '../../lib/stores/mongodb.ts'
import { acceptance } from './acceptance.ts'
import { MariadbPlaces } from './mariadb.ts'
import { PostgresPlaces } from './postgres.ts'
import { mariadbUrl, mongodbUrl, postgresUrl, requireService } from './services.ts'

describe('Objects that are stored, with memoryStore', () => {
  acceptance(() => {
    const store = memoryStore()
    return { store: () => store }
  })
})

describe('Objects that are stored, with lmdbStore', () => {
  acceptance(() => {
    const path = mkdtempSync(join(tmpdir(), 'fieldcast-acceptance-'))
    return { store: () => lmdbStore({ path }), remove: () => rmSync(path, { recursive: true }) }
  })
})

describe('Objects that are stored, with postgresStore', () => {
  const places = new PostgresPlaces()
  before(async function () {
    await places.start(await requireService(this, postgresUrl))
  })
  after(() => places.end())
  acceptance(() => places.next())
})

describe('Objects that are stored, with mariadbStore', () => {
  const places = new MariadbPlaces()
  before(async function () {
    await places.start(await requireService(this, mariadbUrl))
  })
  after(() => places.end())
  acceptance(() => {
    const place = places.next()
    return { store: () => mariadbStore(place), remove: () => places.drop(place) }
  })
})

describe('Objects that are stored, with mongodbStore', () => {
  let url = ''
  before(async function () {
    url = await requireService(this, mongodbUrl)
  })
  const database = `fieldcast_acceptance_${process.pid}_${Date.now()}`
  let made = 0
  acceptance(() => {
    const prefix = `w${++made}_`
    return { store: () => mongodbStore({ url, database, prefix }) }
  })
})
