/** Which store a text names. */
import { expect } from 'chai'
import { UsageError } from 'fieldcast/server'
import { placeOf, storeByUrl } from '../../lib/stores/by-url.ts'

const secret = 's3cret'

describe('storeByUrl', () => {
  for (const [url, name] of [
    ['memory:', 'memory'],
    ['lmdb:./world', 'lmdb ./world'],
    ['lmdb:/var/world', 'lmdb /var/world'],
    ['lmdb:///var/world', 'lmdb /var/world'],
    ['lmdb://./world', 'lmdb ./world'],
    ['LMDB:world', 'lmdb world'],
    ['./world', 'lmdb ./world'],
    ['world', 'lmdb world'],
    ['worlds/a world: the first', 'lmdb worlds/a world: the first'],
    ['C:\\world', 'lmdb C:\\world'],
    ['c:/world', 'lmdb c:/world'],
    [`postgres://ann:${secret}@db.example.com/game`, 'postgres db.example.com:5432/game, schema fieldcast'],
    [`postgresql://ann:${secret}@db.example.com:1234/game`, 'postgres db.example.com:1234/game, schema fieldcast'],
    [`postgres://ann:${secret}@db/game?schema=two`, 'postgres db:5432/game, schema two'],
    [`mariadb://ann:${secret}@db/game`, 'mariadb db:3306/game'],
    [`mysql://ann:${secret}@db:3307/game?prefix=two_`, 'mariadb db:3307/game'],
    [`mongodb://ann:${secret}@a:1,b:2/game?replicaSet=rs0`, 'mongodb a:1,b:2/game'],
    [`mongodb+srv://ann:${secret}@db.example.com/game`, 'mongodb db.example.com/game'],
  ] as const)
    it(`takes ${url.replace(secret, '...')}`, () => {
      expect(storeByUrl(url).name).to.equal(name)
    })

  it('finds the name of a world in its database among other parameters', () => {
    for (const [given, url, space] of [
      ['postgres://h/d', 'postgres://h/d', undefined],
      ['postgres://h/d?sslmode=require', 'postgres://h/d?sslmode=require', undefined],
      ['postgres://h/d?schema=w&sslmode=require', 'postgres://h/d?sslmode=require', 'w'],
      ['postgres://h/d?sslmode=require&schema=w', 'postgres://h/d?sslmode=require', 'w'],
      ['mysql://h/d?prefix=w_', 'mysql://h/d', 'w_'],
      ['mongodb://a,b/d?replicaSet=rs0&prefix=w_', 'mongodb://a,b/d?replicaSet=rs0', 'w_'],
    ] as const)
      expect(placeOf(given), given).to.deep.include({ url, space })
  })

  it('opens what it names', async () => {
    const store = storeByUrl('memory:')
    await store.open()
    expect(await store.epoch('main')).to.equal(0)
    await store.close()
  })

  it('refuses what names no store, and never says what stands in it', () => {
    for (const [url, says] of [
      ['', /memory:, lmdb:/],
      [' ', /memory:, lmdb:/],
      [`redis://ann:${secret}@db/0`, /no store for redis: urls/],
      [`constructor://${secret}`, /no store for constructor: urls/],
      [`postgres:ann:${secret}@db/game`, /two slashes/],
      [`postgres://ann:${secret}@db/game?schema=Two Words`, /schema/],
      [`mariadb://ann:${secret}@db`, /database/],
      [`mongodb://ann:${secret}/@db`, /form/],
      ['memory:world', /nothing/],
      ['lmdb:', /folder/],
      [undefined, /memory:, lmdb:/],
    ] as const)
      expect(() => storeByUrl(url as string))
        .to.throw(UsageError, says)
        .with.property('message')
        .that.does.not.include(secret)
  })
})
