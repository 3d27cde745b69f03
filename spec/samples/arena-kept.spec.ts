/** What `npm start` shows after it was stopped, or killed: the world is still there. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Client, connect } from 'fieldcast/client'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type {} from '../../samples/arena/client/debug.ts'
import { Avatar, Board, Gem } from '../../samples/arena/model.ts'
import { distance } from '../../samples/arena/world.ts'
import { PostgresPlaces } from '../stores/postgres.ts'
import { postgresUrl, requireService } from '../stores/services.ts'
import { launch, requireChromium } from '../support/chromium.ts'
import { Arena } from './arena-process.ts'

const KEY = '0123456789abcdef0123456789abcdef'

describe('npm start, again', function () {
  this.timeout(60_000)
  const started: Arena[] = []
  const clients: Client<Avatar>[] = []
  let folder: string

  async function start(store: string, ...args: string[]): Promise<Arena> {
    const arena = await Arena.start('--port', '0', '--store', store, ...args)
    started.push(arena)
    return arena
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'arena-'))
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close()
    for (const arena of started.splice(0)) await arena.signal('SIGKILL')
    await rm(folder, { recursive: true })
  })

  async function enter({ url }: Arena): Promise<Client<Avatar>> {
    const client = await connect<Avatar>(`${url.replace('http', 'ws')}/game`, {
      classes: [Avatar, Gem, Board],
      avatar: Avatar,
      login: { name: 'ann', colour: 3, key: KEY },
      on: { close: () => {}, vetoed: () => {} },
    })
    clients.push(client)
    return client
  }

  /** Walks to the nearest gem and takes it. */
  async function gather({ avatar, objects }: Client<Avatar>): Promise<void> {
    const [gem] = objects.of(Gem).sort((a, b) => distance(a, avatar) - distance(b, avatar))
    for (;;) {
      avatar.send.moveTo(gem!.x, gem!.y)
      try {
        await avatar.send.collect(gem!)
        return
      } catch (error) {
        // A leap is cut to what time allows, so it takes several.
        expect(error).to.include({ reason: 'That is too far away.' })
      }
    }
  }

  const facts = ({ avatar: { storedId, name, colour, x, y, zone, score } }: Client<Avatar>) => ({
    storedId,
    name,
    colour,
    x,
    y,
    zone,
    score,
  })
  const gemsOf = ({ objects }: Client<Avatar>): string[] =>
    objects
      .of(Gem)
      .map(({ storedId, zone, x, y, kind }) => `${storedId} ${zone} ${x} ${y} ${kind}`)
      .sort()

  /** Plays, ends the server, and finds everything in the next. */
  async function playAndReturn(store: string, signal: NodeJS.Signals): Promise<void> {
    const first = await start(store)
    const ann = await enter(first)
    await gather(ann)
    await gather(ann)
    const [left, gems] = [facts(ann), gemsOf(ann)]
    expect(gems).to.have.length(9 * 7)
    expect(left.score).to.be.greaterThan(1)
    expect(await first.signal(signal)).to.equal(signal === 'SIGKILL' ? null : 0)
    expect(first.errors).to.deep.equal([])

    const second = await start(store)
    const back = await enter(second)
    expect(facts(back)).to.deep.equal(left)
    expect(gemsOf(back)).to.deep.equal(gems)
    await gather(back)
    expect(second.errors).to.deep.equal([])
  }

  it('has players and gems where they were', () => playAndReturn(folder, 'SIGTERM'))

  it('has after kill -9 what was answered before', () => playAndReturn(folder, 'SIGKILL'))

  describe('with PostgreSQL', () => {
    const places = new PostgresPlaces()
    before(async function () {
      await places.start(await requireService(this, postgresUrl))
    })
    after(() => places.end())

    it('has players and gems where they were', async () => {
      const { schema } = places.next()
      await playAndReturn(`${places.url}${places.url.includes('?') ? '&' : '?'}schema=${schema}`, 'SIGTERM')
    })

    it('gives its world to the server that was started last, and ends', async () => {
      const { schema } = places.next()
      const url = `${places.url}${places.url.includes('?') ? '&' : '?'}schema=${schema}`
      const first = await start(url)
      const ann = await enter(first)
      const second = await start(url)
      ann.avatar.send.moveTo(2600, 2600)
      expect(await first.ended).to.equal(1)
      expect(first.errors).to.have.length(1)
      expect(first.errors[0])
        .to.contain("another server has claimed 'arena'")
        .and.match(/[^.], so this one stops\. Two servers share a database .*\(\?schema=\)\.$/)
      expect(first.lines).to.not.include('The world is saved.')
      await enter(second)
    })
  })

  it('says where the world is, and what to do when another program has it', async () => {
    const first = await start(folder, '--bots', '3')
    expect(first.lines).to.include(`The world is kept in lmdb ${folder}.`)
    const { code, errors } = await Arena.fail('--port', '0', '--store', folder)
    expect(code).to.equal(1)
    expect(errors).to.match(
      /^Another store has .* open: process \d+ on .*\nTo play at once: npm start -- --port 0 --store memory:, or .*: npm start -- --port 0 --store FOLDER$/,
    )
    expect(await first.signal('SIGINT')).to.equal(0)
    expect(first.lines.filter(line => line === 'The world is saved.')).to.have.length(1)
    expect(first.lines.at(-1)).to.equal('The world is saved.')
    expect((await start(folder, '--bots', '3')).lines).to.include('3 bots are walking about.')
  })

  it('says so when the store is not there, or is none', async () => {
    const missing = await Arena.fail('--port', '0', '--store', 'postgres://ann:secret@127.0.0.1:1/none')
    expect(missing.code).to.equal(1)
    expect(missing.errors).to.match(/^postgres 127\.0\.0\.1:1\/none.*ECONNREFUSED.*\nTo play at once: /)
    expect(missing.errors).to.not.contain('secret')
    const none = await Arena.fail('--store', 'carrier-pigeon:')
    expect(none.code).to.equal(1)
    expect(none.errors).to.match(/^There is no store for carrier-pigeon: urls/)
  })

  describe('in a browser', () => {
    let browser: Browser
    let context: BrowserContext
    const problems: string[] = []

    before(async function () {
      browser = await launch(requireChromium(this))
    })
    after(() => browser?.close())
    beforeEach(async () => {
      context = await browser.newContext({ viewport: { width: 1000, height: 700 } })
    })
    afterEach(async () => {
      await context.close()
      expect(problems.splice(0)).to.deep.equal([])
    })

    async function play(url: string, name: string): Promise<Page> {
      const page = await context.newPage()
      page.on('pageerror', error => problems.push(error.message))
      await page.goto(`${url}/?name=${name}`)
      await phase(page, 'playing')
      return page
    }

    const phase = (page: Page, wanted: string) =>
      page.waitForFunction(expected => window.arena.phase === expected, wanted)
    const me = (page: Page) =>
      page.evaluate(() => {
        const { name, x, y, zone, score } = window.arena.me!
        return { name, x: Math.round(x), y: Math.round(y), zone, score }
      })

    it('has the player where the page left off', async () => {
      const first = await start(folder)
      const ann = await play(first.url, 'ann')
      const from = await me(ann)
      await ann.keyboard.down('d')
      await ann.waitForFunction(x => window.arena.me!.x > x + 300, from.x)
      await ann.keyboard.up('d')
      // What another sees is what the server has.
      const bob = await play(first.url, 'bob')
      await bob.waitForFunction(
        ({ x, y }) => window.arena.others.some(other => other.x === x && other.y === y),
        await me(ann),
      )
      const left = await me(ann)
      await first.signal('SIGTERM')
      await phase(ann, 'lost')
      const second = await Arena.start('--port', first.port, '--store', folder)
      started.push(second)
      await phase(ann, 'playing')
      expect(await me(ann)).to.deep.equal(left)
      await ann.reload()
      await phase(ann, 'playing')
      expect(await me(ann)).to.deep.equal(left)
    })

    it('moves a player to the newest tab of that name, and leaves other names alone', async () => {
      const { url } = await start('memory:')
      const ann = await play(url, 'ann')
      await play(url, 'bob')
      await ann.waitForFunction(() => window.arena.others[0]?.name === 'bob')
      const again = await play(url, 'ann')
      await phase(ann, 'lost')
      const notice = ann.locator('#notice')
      expect(await notice.textContent()).to.match(/You have gone on under this name in another tab/)
      await notice.getByRole('button', { name: 'Come back in' }).click()
      await phase(ann, 'playing')
      await phase(again, 'lost')
    })
  })
})
