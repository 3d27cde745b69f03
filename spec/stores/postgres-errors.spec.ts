/** What can be wrong with a server of PostgreSQL or with the way to it: each is an error of its kind, in time, and says what to do. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { expect } from 'chai'
import pg from 'pg'
import { StoreError, UsageError } from '../../lib/base/errors.ts'
import { type PostgresOptions, postgresStore } from '../../lib/stores/postgres.ts'
import type { Store } from '../../lib/stores/store.ts'
import { idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { failureOf } from '../support/outcome.ts'
import { named, type PostgresPlace, PostgresPlaces, withSetting } from './postgres.ts'
import { postgresUrl, requireService } from './services.ts'

describe('postgresStore in trouble', () => {
  const places = new PostgresPlaces()
  let place: PostgresPlace
  const opened: Store[] = []
  const servers: Server[] = []
  const holders: pg.Client[] = []

  before(async function () {
    await places.start(await requireService(this, postgresUrl))
  })
  after(() => places.end())
  beforeEach(() => {
    place = places.next()
  })
  afterEach(async () => {
    for (const holder of holders.splice(0)) await holder.end()
    for (const store of opened.splice(0)) await store.close()
    for (const server of servers.splice(0)) server.close()
  })

  /** Stops all that passes through it, without ending any connection, when it is told to; what comes later passes. */
  async function way(): Promise<{ url: string; freeze(): void; end(): void }> {
    const { hostname, port } = new URL(places.url)
    const sockets = new Set<Socket>()
    const frozen = new Set<Socket>()
    const address = await listening(socket => {
      const on = connect({ host: hostname, port: Number(port || 5432), allowHalfOpen: true })
      for (const [from, to] of [
        [socket, on],
        [on, socket],
      ] as const) {
        sockets.add(from)
        from.on('data', data => frozen.has(from) || to.write(data)).on('end', () => frozen.has(from) || to.end())
        from.on('error', () => to.destroy())
      }
    })
    const url = new URL(places.url)
    url.host = address
    return {
      url: url.href,
      freeze() {
        for (const socket of sockets) frozen.add(socket)
      },
      end() {
        for (const socket of sockets) socket.destroy()
      },
    }
  }

  async function open(options: Partial<PostgresOptions> = {}): Promise<Store> {
    const store = place.store(options)
    opened.push(store)
    await store.open()
    return store
  }

  async function failure(kind: StoreError['kind'], text: RegExp, promise: Promise<unknown>): Promise<StoreError> {
    const error = await failureOf(promise, StoreError)
    expect(error.message).to.match(text)
    expect(error.kind).to.equal(kind)
    return error
  }

  /** A second connection that holds `lock` until its transaction ends. */
  async function holding(lock: string): Promise<pg.Client> {
    const holder = new pg.Client(places.url)
    holders.push(holder)
    await holder.connect()
    await holder.query(`BEGIN; ${lock}`)
    return holder
  }

  async function listening(answer: (socket: Socket) => void): Promise<string> {
    // Nothing ends by itself: a server that is cut off from the network does not either.
    const server = createServer({ allowHalfOpen: true }, answer)
    servers.push(server)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return `127.0.0.1:${(server.address() as { port: number }).port}`
  }

  it('tells a server that is not there, a host, a database', async () => {
    const url = new URL(places.url)
    url.port = '1'
    await failure('retryable', /could not open: .*ECONNREFUSED.*host and port/, open({ url: url.href }))
    const nowhere = 'postgres://ann:secret@nowhere.invalid/game'
    const error = await failure('retryable', /ENOTFOUND|EAI_AGAIN/, open({ url: nowhere }))
    expect(error.message).not.to.contain('secret')
    const missing = new URL(places.url)
    missing.pathname = '/no_such_database'
    await failure('fatal', /no_such_database.*Create the database/, open({ url: missing.href }))
  })

  it('opens when the trouble is over', async () => {
    let refuse = true
    const { hostname, port } = new URL(places.url)
    const address = await listening(socket => {
      if (refuse) return socket.destroy()
      const on = connect(Number(port || 5432), hostname)
      socket.on('error', () => on.destroy()).pipe(on)
      on.on('error', () => socket.destroy()).pipe(socket)
    })
    const url = new URL(places.url)
    url.host = address
    const store = place.store({ url: url.href })
    opened.push(store)
    await failure('retryable', /could not open/, store.open())
    refuse = false
    await store.open()
    expect(await store.commit({ put: [row(1)] })).to.equal(true)
  })

  it('gives up on what answers nothing, or something else', async () => {
    const silent = await listening(socket => socket.on('end', () => socket.end()).resume())
    await failure('retryable', /timeout/, open({ url: `postgres://a@${silent}/b`, connectTimeout: 50 }))
    const other = await listening(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await failureOf(open({ url: `postgres://a@${other}/b`, connectTimeout: 1_000 }), StoreError)
    const plain = await listening(socket => socket.on('data', () => socket.end('N')).on('error', () => {}))
    await failure('fatal', /does not support SSL/, open({ url: `postgres://a@${plain}/b`, tls: true }))
  })

  it('gives connections up that have gone silent, goes on with others, and closes', async () => {
    const { url, freeze, end } = await way()
    await open()
    const store = place.store({ url, queryTimeout: 500, connectTimeout: 1_000 })
    await store.open()
    await store.commit({ put: [row(1)] })
    freeze()
    await failure('retryable', /timeout/, store.commit({ put: [row(2)] }))
    expect(await store.commit({ put: [row(2)] })).to.equal(true)
    expect(await store.get([idOf(1), idOf(2)])).to.deep.equal([row(1), row(2)])
    freeze()
    await store.close()
    end()
  })

  it('waits for a lock no longer than told', async () => {
    await open()
    const store = await open({ queryTimeout: 1_000 })
    await store.commit({ put: [row(1), row(2)] })
    await store.claim('world', 1)
    await store.claim('other', 1)
    const lock = await holding(
      `SELECT FROM ${place.schema}.objects FOR UPDATE; SELECT FROM ${place.schema}.shards FOR UPDATE`,
    )
    const fence = { shard: 'world', epoch: 1 }
    const expecting = { put: [row(1, { version: 2 })], expect: [{ id: idOf(1), version: 1 }] }
    // One for each lock: who waits for another waiter waits twice.
    await Promise.all([
      failure('retryable', /lock timeout/, store.commit({ put: [row(2, { version: 2 })] })),
      failure('retryable', /lock timeout/, store.commit(expecting)),
      failure('retryable', /lock timeout/, store.commit({ put: [] }, fence)),
      failure('retryable', /lock timeout/, store.claim('other', 2)),
    ])
    await lock.query('ROLLBACK')
    expect(await store.get([idOf(1), idOf(2)])).to.deep.equal([row(1), row(2)])
    expect(await store.epoch('other')).to.equal(1)
    expect(await store.commit(expecting, fence)).to.equal(true)
  })

  it('survives the end of all its connections, idle or not, and has written a commit wholly or not at all', async () => {
    const application = `${place.schema} victim`
    const store = await open({ url: named(places.url, application) })
    const rows = numbers(5_000).map(n => row(n))
    await store.commit({ put: rows })
    const kill = () =>
      places.sql.query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1', [
        application,
      ])
    const last = rows.reduce((a, b) => (a.id > b.id ? a : b))
    const lock = await holding(`SELECT FROM ${place.schema}.objects WHERE id = '${last.id}' FOR UPDATE`)
    // It has written all but the last part when it waits.
    const dying = store.commit({ put: rows.map(each => ({ ...each, version: 2 })) })
    const refused = failure('retryable', /terminat/, dying)
    await places.blocked(application)
    await kill()
    await refused
    await lock.query('ROLLBACK')
    const found = await store.get(rows.map(({ id }) => id)).catch(() => store.get(rows.map(({ id }) => id)))
    expect(found).to.deep.equal(rows)
    await kill()
    // The store may hear of the end only when it asks.
    await store
      .commit({ put: [row(1, { version: 3 })] })
      .catch(error => expect(error).to.include({ kind: 'retryable' }))
    expect(await store.commit({ put: [row(1, { version: 3 })] })).to.equal(true)
  })

  it('tells a server that takes no writes', async () => {
    await open()
    const reader = await open({ url: withSetting(places.url, 'default_transaction_read_only=on') })
    await failure('retryable', /read-only.*primary/, reader.commit({ put: [row(1)] }))
    expect(await reader.get([idOf(1)])).to.deep.equal([undefined])
  })

  it('tells that its tables were taken away', async () => {
    const store = await open()
    await place.remove()
    await failure('fatal', /layout was taken away/, store.commit({ put: [row(1)] }))
    await failure('fatal', /layout was taken away/, store.get([idOf(1)]))
  })

  it('refuses objects that no store takes, and questions without sense', async () => {
    const store = await open()
    await failure('fatal', /24 hex digits/, store.commit({ put: [{ ...row(1), id: 'ANN' }] }))
    await failure('fatal', /expected/, store.commit({ put: [], expect: [{ id: 'ann', version: 0 }] }))
    await failure('fatal', /shard/, store.claim('s'.repeat(2_001), 1))
    await failureOf(store.claim('world', 0), UsageError)
    await failureOf(store.query({ limit: 0 }), UsageError)
    await failureOf(store.query({ key: { name: 'name', value: 'ann' }, limit: 1 }), UsageError)
  })

  describe('options', () => {
    it('are refused where they cannot be followed, without showing a password', () => {
      for (const url of [
        'postgres://ann:sec/ret@host/game',
        'postgres://ann:12/ret@host/game',
        'postgres://ann:12#ret@host/game',
        'postgres://ann:12?ret@host/game',
        'postgres://ann:%ret@host/game',
        'ann:12ret@host',
        'mysql://ann:12ret@host/game',
        '',
      ])
        expect(() => postgresStore(url), url)
          .to.throw(UsageError, /postgresStore\(\{ url \}\)/)
          .with.property('message')
          .that.does.not.match(/ret|12/)
      for (const options of [
        { schema: 'Game' },
        { schema: 'x"; DROP' },
        { schema: 'pg_game' },
        { schema: '' },
        { connections: 0 },
        { connectTimeout: 1.5 },
        { queryTimeout: Number.NaN },
        { durability: 'full' as never },
      ])
        expect(() => postgresStore({ url: 'postgres://a@b/c', ...options })).to.throw(
          UsageError,
          `{ ${Object.keys(options)[0]} }`,
        )
    })

    it('name the place without its secrets', () => {
      const nameOf = (url: string): string => postgresStore({ url, schema: 'world' }).name
      expect(nameOf('postgres://ann:secret@db.example.com/game')).to.equal(
        'postgres db.example.com:5432/game, schema world',
      )
      expect(nameOf('postgresql://ann:p%40ss@[::1]:5433/game?sslmode=require')).to.equal(
        'postgres [::1]:5433/game, schema world',
      )
      expect(nameOf('postgres://ann@/game?host=/run/postgresql')).to.equal(
        'postgres /run/postgresql:5432/game, schema world',
      )
    })
  })
})
