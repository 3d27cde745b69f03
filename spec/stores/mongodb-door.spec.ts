/** What a store on MongoDB is told, and what it says of servers that are not there. Needs no MongoDB. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect } from 'chai'
import { StoreError, UsageError } from '../../lib/base/errors.ts'
import { type MongodbOptions, mongodbStore } from '../../lib/stores/mongodb.ts'

describe('mongodbStore, its options', () => {
  it('refuses what it cannot follow, without a word of the password', () => {
    const url = 'mongodb://ann:hunter2@host/world'
    const wrong: readonly (MongodbOptions | string)[] = [
      'hunter2',
      'postgres://ann:hunter2@host/world',
      'mongodb://',
      'mongodb://ann:1@hunter2@host',
      'mongodb://ann:1/hunter2@host',
      'mongodb://ann:1/hunter2@host/world',
      'mongodb://ann:1#hunter2@host/world',
      { url, database: 'a.b' },
      { url, database: '' },
      { url, prefix: 'a-b' },
      { url, prefix: '' },
      { url, connections: 0 },
      { url, connectTimeout: 1.5 },
      { url, queryTimeout: -1 },
      {} as MongodbOptions,
    ]
    for (const options of wrong)
      expect(() => mongodbStore(options), JSON.stringify(options))
        .to.throw(UsageError)
        .with.property('message')
        .that.matches(/^mongodbStore/)
        .and.does.not.include('hunter2')
  })

  it('is named by hosts and database', () => {
    for (const [url, name] of [
      ['mongodb://ann:hunter2@host/world', 'mongodb host/world'],
      ['mongodb://a:1,b:2/?replicaSet=rs0', 'mongodb a:1,b:2/fieldcast'],
      ['mongodb+srv://ann:p%40ss@cluster.example', 'mongodb cluster.example/fieldcast'],
    ])
      expect(mongodbStore(url!).name).to.equal(name)
    expect(mongodbStore({ url: 'mongodb://host/world', database: 'other' }).name).to.equal('mongodb host/other')
  })

  it('passes what the driver refuses on without the url', async () => {
    for (const url of ['mongodb://ann:hunter2@host/world?nonsense=1', 'mongodb://ann:hunter2@host:port/world']) {
      const error = await mongodbStore(url)
        .open()
        .catch((error: unknown) => error)
      expect(error).to.be.instanceOf(UsageError)
      const { message, stack, cause } = error as Error
      expect([message, stack, String(cause)].join()).not.to.include('hunter2')
    }
  })
})

describe('mongodbStore, at the door', () => {
  const opening = async (port: number): Promise<Error> => {
    const url = `mongodb://ann:hunter2@127.0.0.1:${port}/world?replicaSet=rs0`
    const store = mongodbStore({ url, connectTimeout: 300 })
    for (let n = 0; n < 2; n++) {
      const error = await store.open().catch((error: unknown) => error)
      expect(error).to.be.instanceOf(StoreError).with.property('kind', 'retryable')
      const { message, stack, cause } = error as Error
      expect([store.name, message, stack, String(cause)].join()).not.to.include('hunter2')
      if (n === 1) return error as Error
    }
    await store.close()
    throw new Error('It was to fail.')
  }

  it('takes a server that is not there for one that may come', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    expect((await opening(port)).message).to.match(
      /ECONNREFUSED.*\. Is the server running, and are host and port in \{ url \} right\?$/,
    )
  })

  it('gives a server up that says nothing', async () => {
    const sockets: Socket[] = []
    const server = createServer(socket => sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    await opening((server.address() as AddressInfo).port)
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
})
