/** A server whose place another has taken finds out, whatever it does. Rule 12 of docs/guarantees.md. */
import { expect } from 'chai'
import { StoreError } from 'fieldcast/server'
import { failureOf, record } from '../support/outcome.ts'
import { Hero } from './game.ts'
import { Worlds } from './worlds.ts'

describe('A server that has been fenced', () => {
  let worlds: Worlds<Hero>

  beforeEach(() => {
    worlds = new Worlds<Hero>({
      server: { classes: [Hero], avatar: Hero },
      client: { classes: [Hero], avatar: Hero },
    })
  })
  afterEach(() => worlds.end())

  it('finds out and stops though it writes nothing', async () => {
    const older = await worlds.open()
    worlds.forget(older)
    const client = await older.join()
    const told = record(older.server, 'store')
    await older.run(60_000)
    expect([told, client.connected]).to.deep.equal([[], true])
    await worlds.open()
    await older.run(6000)
    expect(told.map(({ state }) => state)).to.deep.equal(['fenced'])
    await older.settle()
    expect(client.connected).to.equal(false)
    await failureOf(older.until(older.server.stop()), StoreError)
  })

  it('finds out by a change of what is not in the game, and tells who waits', async () => {
    const older = await worlds.open()
    worlds.forget(older)
    const told = record(older.server, 'store')
    const hero = older.server.create(Hero, hero => hero.send.setName('ann'), { persistent: true })
    await older.until(older.server.unload(hero))
    const other = older.server.create(Hero, null, { persistent: true })
    await older.until(other.saved())
    await worlds.open()
    const id = hero.storedId!
    const error = await failureOf(older.until(older.server.store.update(id, { setGold: [1] })), StoreError)
    expect(error.kind).to.equal('fenced')
    expect(told.map(({ state }) => state)).to.deep.equal(['fenced'])
    other.send.setName('bob')
    // Nobody has to await it.
    void other.saved()
    expect((await failureOf(other.saved(), StoreError)).kind).to.equal('fenced')
    expect((await failureOf(older.until(older.server.stop()), StoreError)).kind).to.equal('fenced')
  })
})
