/** Which store a text names. */
import { expect } from 'chai'
import { UsageError } from 'fieldcast/server'
import { placeOf, storeByUrl } from '../../lib/stores/by-url.ts'
import { mariadbStore } from '../../lib/stores/mariadb.ts'
import { mongodbStore } from '../../lib/stores/mongodb.ts'
import { postgresStore } from '../../lib/stores/postgres.ts'

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

  it('says which parameter was meant, and leaves those of the drivers alone', () => {
    for (const [url, says] of [
      [`postgres://ann:${secret}@h/d?shema=w`, /\?shema is no option; did you mean \?schema=name\?/],
      [`postgres://ann:${secret}@h/d?sslmode=require&Schema=w`, /\?Schema is no option; did you mean \?schema/],
      [`postgres://ann:${secret}@h/d?prefix=w_`, /\?prefix is no option; did you mean \?schema/],
      [
        `postgres://ann:${secret}@h/d?durability=none`,
        /\?durability is no option of urls; say .*\{ url, durability \}/,
      ],
      [`postgres://ann:${secret}@h/d?tls=true`, /\?tls is no option/],
      [`postgres://h/d?user=ann@tenant&schema=w`, /%40/],
      [`mariadb://ann:${secret}@h/d?prefx=w_`, /\?prefx is no option; did you mean \?prefix=name_\?/],
      [`mariadb://ann:${secret}@h/d?schema=w`, /\?schema is no option; did you mean \?prefix/],
      [`mariadb://ann:${secret}@h/d?charset=latin1`, /nothing but \?prefix=name_ may follow/],
      [`mongodb://ann:${secret}@a,b/d?replicaSet=rs0&perfix=w_`, /\?perfix is no option; did you mean \?prefix/],
      [`mongodb://ann:${secret}@a,b/d?schema=w`, /\?schema is no option; did you mean \?prefix/],
    ] as const)
      expect(() => storeByUrl(url), url)
        .to.throw(UsageError, says)
        .with.property('message')
        .that.does.not.include(secret)
    const known = {
      postgres: `application_name binary channel_binding client_encoding connect_timeout db encoding fallback_application_name host
        idle_in_transaction_session_timeout keepalives lock_timeout options password port query_timeout replication search_path service
        ssl sslcert sslkey sslmode sslnegotiation sslpassword sslrootcert statement_timeout target_session_attrs uselibpqcompat user`,
      mongodb: `appName authMechanism authMechanismProperties authSource compressors connectTimeoutMS directConnection enableUtf8Validation
        family heartbeatFrequencyMS journal loadBalanced localThresholdMS maxConnecting maxIdleTimeMS maxPoolSize maxStalenessSeconds
        minPoolSize noDelay promoteValues proxyHost proxyPassword proxyPort proxyUsername readConcernLevel readPreference
        readPreferenceTags replicaSet retryReads retryWrites serverMonitoringMode serverSelectionTimeoutMS socketTimeoutMS srvMaxHosts
        srvServiceName ssl timeoutMS tls tlsAllowInvalidCertificates tlsCAFile tlsCertificateKeyFile tlsInsecure w waitQueueTimeoutMS
        wTimeoutMS wtimeout zlibCompressionLevel`,
    }
    for (const [kind, names] of Object.entries(known))
      for (const name of names.split(/\s+/))
        expect(() => storeByUrl(`${kind}://h/d?${name}=1`), `${kind} ${name}`).to.not.throw()
  })

  it('gives the stores themselves the world that the url names', () => {
    expect(postgresStore(`postgres://ann:${secret}@db/game?sslmode=disable&schema=two`).name).to.equal(
      'postgres db:5432/game, schema two',
    )
    expect(() => postgresStore('postgres://db/game?schema=Two')).to.throw(UsageError, /schema.*'Two'/)
    expect(() => mariadbStore('mariadb://db/game?prefix=Two')).to.throw(UsageError, /prefix.*'Two'/)
    expect(() => mongodbStore('mongodb://db/game?prefix=2')).to.throw(UsageError, /prefix.*'2'/)
    expect(() => postgresStore({ url: 'postgres://db/game?schema=two', schema: 'one' })).to.throw(
      UsageError,
      /'one', but \{ url \} says \?schema=two/,
    )
    expect(() => postgresStore({ url: 'postgres://db/game?schema=two', schema: 'two' })).to.not.throw()
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
