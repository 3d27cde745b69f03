/** What a store on MariaDB is told, and what it says of servers that it cannot open. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect } from 'chai'
import { StoreError, UsageError } from '../../lib/base/errors.ts'
import { type MariadbOptions, mariadbStore } from '../../lib/stores/mariadb.ts'
import { row } from '../../lib/stores/suite/bench.ts'
import { failure, MariadbBench } from './mariadb.ts'

describe('mariadbStore, at the door', () => {
  const bench = new MariadbBench()

  it('takes a wrong password for fatal, and never says it', async () => {
    const url = bench.url({ username: 'nobody', password: 'hunter2%40' })
    const store = bench.store({ url })
    const error = await failure(store.open())
    expect(error).to.be.instanceOf(StoreError).with.property('kind', 'fatal')
    expect(error.message)
      .to.match(/Access denied/)
      .and.include('Look at the user and the password')
    const everything = [store.name, error.message, error.stack, JSON.stringify(error), String(error.cause)]
    expect(everything.join()).not.to.include('hunter2')
  })

  it('takes a missing database for fatal, and says how to make it', async () => {
    expect(await bench.refusal('fatal', { url: bench.url({ pathname: '/fieldcast_nowhere' }) })).to.include(
      'CREATE DATABASE',
    )
  })

  it('takes a server that is not there for one that may come', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    closed.close()
    await once(closed, 'close')
    expect(
      await bench.refusal('retryable', { url: bench.url({ hostname: '127.0.0.1', port: String(port) }) }),
    ).to.match(/ECONNREFUSED.*\. Is the server running, and are host and port in \{ url \} right\?$/)
    expect(await bench.refusal('retryable', { url: bench.url({ hostname: 'nowhere.invalid' }) })).to.match(
      /nowhere\.invalid.*\. Look at the host in \{ url \}\.$/,
    )
  })

  it('makes no world where it is not to', async () => {
    const url = `${bench.place.url}?prefix=${bench.place.prefix}`
    const reader = { url, prefix: bench.place.prefix, create: false }
    expect(await bench.refusal('fatal', reader)).to.match(/^There is no world in mariadb .*, prefix w\d+_\.$/)
    const tables = () => bench.sql.query('SHOW TABLES LIKE ?', [`${bench.place.prefix.replaceAll('_', '\\_')}%`])
    expect(await tables()).to.deep.equal([])
    const maker = mariadbStore({ url, connectTimeout: 5000 })
    await maker.open()
    await maker.commit({ put: [row(1)] })
    await maker.close()
    expect(await tables()).to.have.length(4)
    const store = await bench.open(reader)
    expect(await store.get([row(1).id])).to.deep.equal([row(1)])
  })

  it('gives a server up that says nothing', async () => {
    const proxy = await bench.proxy()
    proxy.hold()
    await bench.refusal('retryable', { url: proxy.url, connectTimeout: 100 })
    proxy.release()
    await bench.open({ url: proxy.url })
  })

  it('opens at last after it failed', async () => {
    const store = bench.store({ url: bench.url({ pathname: '/fieldcast_later' }) })
    await failure(store.open())
    await bench.sql.query('CREATE DATABASE fieldcast_later')
    try {
      await store.open()
      expect(await store.commit({ put: [row(1)] })).to.equal(true)
    } finally {
      await store.close()
      await bench.sql.query('DROP DATABASE fieldcast_later')
    }
  })
})

describe('mariadbStore, its options', () => {
  it('refuses what it cannot follow, without a word of the password', () => {
    const url = 'mariadb://ann:hunter2@host/world'
    const wrong: readonly (MariadbOptions | string)[] = [
      'hunter2',
      'postgres://ann:hunter2@host/world',
      'mariadb://ann:hunter2@host',
      'mariadb://ann:hunter2@host/a/b',
      'mariadb://ann:hunter2@host/world?ssl=true',
      'mariadb://ann:1/hunter2@host/world',
      'mariadb://ann:1/hunter2@host',
      'mariadb://ann:1?hunter2@host/world',
      'mariadb://ann:1#hunter2@host/world',
      'mariadb://ann:%hunter2@host/world',
      { url, prefix: 'a-b' },
      { url, prefix: '' },
      { url, prefix: 'World_' },
      { url, connections: 0 },
      { url, connections: 1.5 },
      { url, connectTimeout: -1 },
      { url, queryTimeout: 10 },
      { url, durability: 'maybe' as 'none' },
      {} as MariadbOptions,
    ]
    for (const options of wrong)
      expect(() => mariadbStore(options), JSON.stringify(options))
        .to.throw(UsageError)
        .with.property('message')
        .that.matches(/^mariadbStore/)
        .and.does.not.include('hunter2')
  })

  it('is named by host and database', () => {
    for (const [url, name] of [
      ['mariadb://ann:hunter2@host/world', 'mariadb host:3306/world'],
      ['mysql://ann:p%40ss@[::1]:3307/my%20world', 'mariadb ::1:3307/my world'],
      ['mariadb://ann:p@ss@host/world', 'mariadb host:3306/world'],
    ])
      expect(mariadbStore(url!).name).to.equal(name)
  })
})
