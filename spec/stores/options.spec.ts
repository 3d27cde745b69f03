/** What a server with a store is given wrongly, and what it says. */
import { expect } from 'chai'
import { UsageError } from 'fieldcast'
import { createServer, type ServerOptions } from 'fieldcast/server'
import { memoryStore } from 'fieldcast/stores/memory'
import { Hero } from './game.ts'
import { Worlds } from './worlds.ts'

const make = (options: object) => () =>
  createServer({ classes: [Hero], store: memoryStore(), ...options } as ServerOptions)

describe('A server with a store', () => {
  const storages: [storage: object, text: string][] = [
    [{ zones: 'lasy' }, "it is 'lazy' or 'manual'"],
    [{ gapMs: -1 }, 'a number of at least 0'],
    [{ gapMs: 'x' }, 'a number of at least 0'],
    [{ gapMs: Number.NaN }, 'a number of at least 0'],
    [{ dirtyLimit: 0 }, 'a number of at least 1'],
    [{ shard: '' }, 'it is a text'],
    [{ gapms: 3 }, "no option 'gapms'"],
  ]
  for (const [storage, text] of storages)
    it(`refuses storage: ${JSON.stringify(storage)}`, () => {
      expect(make({ storage })).to.throw(UsageError, text)
    })

  it('takes each option of storage', () => {
    const storage = { shard: 'west', gapMs: 0, dirtyLimit: 10, stopMs: 1, zones: 'lazy', unloadMs: 0 }
    expect(make({ storage })).to.not.throw()
    expect(make({ storage: { gapMs: undefined } })).to.not.throw()
  })

  for (const store of ['lmdb:./world', {}, memoryStore])
    it(`refuses ${typeof store} as a store, and says what makes one`, () => {
      expect(make({ store })).to.throw(UsageError, 'storeByUrl')
    })

  it('says of what comes too early or too late that it does', async () => {
    const server = make({})()
    const id = 'a'.repeat(24)
    const uses: [name: string, use: () => unknown][] = [
      ['create()', () => server.create(Hero)],
      ['load()', () => server.load(id)],
      ['loadZone()', () => server.loadZone(0)],
      ['find()', () => server.find(Hero)],
      ['stored()', () => server.stored(Hero, id)],
      ['server.store', () => server.store.read(id)],
    ]
    const all = async (text: string, from: typeof uses): Promise<void> => {
      for (const [name, use] of from) {
        const error = await (async () => use())().catch((error: Error) => error)
        expect(error, name).to.be.instanceOf(UsageError)
        expect((error as Error).message)
          .to.contain(name)
          .and.contain(text)
      }
    }
    await all('before the server had started', uses)
    await server.start()
    await server.stop()
    await all('after the server had stopped', uses.slice(0, -1))
  })

  it('says how find is asked', async () => {
    const worlds = new Worlds<Hero>({ server: { classes: [Hero] }, client: { classes: [Hero] } })
    try {
      const { server } = await worlds.open()
      const refusal = (where: unknown, type: unknown = Hero): Promise<string> =>
        server.find(type as typeof Hero, where as Record<string, unknown>).then(
          () => expect.fail('it was found'),
          error => error.message,
        )
      expect(await refusal({ gold: 3 }))
        .to.contain("index: ['name', 'gold']")
        .and.contain('fieldcast store migrate')
      expect(await refusal('ann')).to.contain("{ name: 'ann' }")
      expect(await refusal({}, 'Hero')).to.contain('A class was expected')
    } finally {
      await worlds.end()
    }
  })
})
