/** The chat sample after its server was stopped, or killed: people have their names, and the room remembers what was said. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { PostgresPlaces } from '../stores/postgres.ts'
import { postgresUrl, requireService } from '../stores/services.ts'
import { launch, requireChromium } from '../support/chromium.ts'
import { type Program, start, stopAll } from '../support/process.ts'
import { Arena } from './arena-process.ts'
import { Home } from './home.ts'

describe('samples/chat, again', function () {
  this.timeout(60_000)
  const home = new Home()
  let folder: string
  let server: Program
  let url: string

  /** Opens the room; again at the same port. */
  async function open(store = folder): Promise<void> {
    server = start('samples/chat/server.ts', url ? new URL(url).port : '0', '--store', store)
    const [, port] = await server.line(/http:\/\/localhost:(\d+)/)
    url = `ws://localhost:${port}`
  }

  beforeEach(async () => {
    await home.enter()
    folder = await mkdtemp(join(tmpdir(), 'chat-'))
    url = ''
  })
  afterEach(async () => {
    await stopAll()
    await home.leave()
    await rm(folder, { recursive: true })
  })

  /** Someone in a terminal; '' is who gives no name. */
  async function enter(name: string): Promise<Program> {
    const client = start('samples/chat/client.ts', name, url)
    await client.line(name ? new RegExp(`^You are now ${name}\\.$`) : /^You are .*\.$/)
    return client
  }

  it('calls people by the names that they had, and tells them what was said', async () => {
    await open()
    const someone = await enter('')
    expect(someone.lines.filter(line => /^You are/.test(line))[0]).to.match(/^You are guest \d+\.$/)
    const bob = await enter('bob')
    someone.write('/nick Anna')
    await someone.line(/^You are now Anna\.$/)
    someone.write('hello there')
    await bob.line(/^Anna: hello there$/)
    bob.write('hello Anna')
    await someone.line(/^bob: hello Anna$/)
    expect(await server.stop()).to.equal(0)
    expect(server.count(/^The room is saved\.$/)).to.equal(1)
    expect([await someone.ended, await bob.ended]).to.deep.equal([0, 0])

    await open()
    const back = await enter('')
    expect(back.lines.slice(0, 2)).to.deep.equal(['Anna: hello there', 'bob: hello Anna'])
    await back.line(/^You are Anna\.$/)
    back.write('/nick bob')
    await back.line(/^Warning: .*bob is the name of somebody who is away/)
    const bobAgain = await enter('bob')
    await back.line(/^In the room: Anna, bob$/)
    bobAgain.write('here again')
    await back.line(/^bob: here again$/)
    expect(back.count(/hello there/)).to.equal(1)
    expect((await readdir(join(home.path, '.fieldcast-chat'))).sort()).to.deep.equal(['.key', 'bob.key'])
  })

  it('remembers the last fifty lines, also after kill -9', async () => {
    await open()
    const ann = await enter('ann')
    for (let i = 1; i <= 55; i++) ann.write(`line ${i}`)
    // The server answers when it has looked into the store, and that is when all before is there.
    ann.write('/nick Anna')
    await ann.line(/^You are now Anna\.$/)
    await server.kill()
    await ann.ended

    await open()
    const bob = await enter('bob')
    const told = bob.lines.slice(0, 50)
    expect(told).to.deep.equal(Array.from({ length: 50 }, (_, i) => `ann: line ${i + 6}`))
    expect(bob.count(/^ann: /)).to.equal(50)
  })

  it('has one terminal for each name, the newest', async () => {
    await open()
    const older = await enter('ann')
    await enter('ann')
    await older.line(/^The connection has ended: The same account has logged in elsewhere/)
    expect(await older.ended).to.equal(0)
  })

  it('says what to do when another program has the room, or nobody its store', async () => {
    await open()
    const second = start('samples/chat/server.ts', '0', '--store', folder)
    await second.line(/^Another store has .* open: process \d+ on /)
    await second.line(/^To talk all the same: --store memory:/)
    expect(await second.ended).to.equal(1)
    const lonely = start('samples/chat/server.ts', '0', '--store', 'postgres://ann:secret@127.0.0.1:1/none')
    await lonely.line(/ECONNREFUSED/)
    expect(await lonely.ended).to.equal(1)
    expect(lonely.count(/secret/)).to.equal(0)
    const lost = start('samples/chat/server.ts', '0', '--store', 'carrier-pigeon:')
    expect(await lost.ended).to.equal(1)
    expect(lost.lines).to.have.length(1)
  })

  describe('with PostgreSQL', () => {
    const places = new PostgresPlaces()
    before(async function () {
      await places.start(await requireService(this, postgresUrl))
    })
    after(() => places.end())

    it('shares a database with the arena', async () => {
      const { schema } = places.next()
      const store = `${places.url}${places.url.includes('?') ? '&' : '?'}schema=${schema}`
      await open(store)
      const ann = await enter('ann')
      ann.write('hello')
      const arena = await Arena.start('--port', '0', '--store', store)
      ann.write('/nick Anna')
      await ann.line(/^You are now Anna\.$/)
      expect(await arena.signal('SIGTERM')).to.equal(0)
      expect(arena.errors).to.deep.equal([])
      expect(await server.stop()).to.equal(0)
      await open(store)
      const bob = await enter('bob')
      expect(bob.lines[0]).to.equal('ann: hello')
    })
  })

  describe('in the browser', () => {
    let browser: Browser
    let context: BrowserContext
    const thrown: Error[] = []

    before(async function () {
      browser = await launch(requireChromium(this))
    })
    after(() => browser?.close())
    beforeEach(async () => {
      context = await browser.newContext()
    })
    afterEach(async () => {
      await context.close()
      expect(thrown.splice(0)).to.deep.equal([])
    })

    async function visit(query = ''): Promise<Page> {
      const page = await context.newPage()
      page.on('pageerror', error => thrown.push(error))
      await page.goto(url.replace('ws', 'http') + query)
      await page.getByRole('status').waitFor({ state: 'hidden' })
      return page
    }

    async function say(page: Page, text: string): Promise<void> {
      await page.getByLabel('Message', { exact: true }).fill(text)
      await page.getByRole('button', { name: 'Send' }).click()
    }

    /** Waits for a list of people. */
    const people = (page: Page, ...names: string[]) =>
      page.waitForFunction(
        wanted => [...document.querySelectorAll('#people span')].map(name => name.textContent).join() === wanted,
        names.join(),
      )

    it('knows the browser again, and shows what was said', async () => {
      await open()
      const ann = await visit()
      await ann.getByLabel('Your name').fill('Ann')
      await ann.getByRole('button', { name: 'Change' }).click()
      await ann.getByText('You are now Ann').waitFor()
      const bob = await visit('?name=Bob')
      await bob.getByText('You are now Bob').waitFor()
      await say(ann, 'hello Bob')
      await bob.getByText('hello Bob').waitFor()
      await say(bob, 'hello Ann')
      await ann.getByText('hello Ann').waitFor()
      await bob.close()
      await server.stop()
      await ann.getByRole('status').getByText('The server is shutting down').waitFor()
      await open()
      await ann.getByRole('status').waitFor({ state: 'hidden' })
      for (const page of [ann, await visit()]) {
        await people(page, 'Ann')
        expect(await page.getByLabel('Your name').inputValue()).to.equal('Ann')
        for (const line of ['hello Bob', 'hello Ann']) expect(await page.getByText(line).count(), line).to.equal(1)
      }
    })

    it('goes on in the newest tab, and says so in the older', async () => {
      await open('memory:')
      const older = await visit()
      await older.getByLabel('Your name').fill('Ann')
      await older.getByRole('button', { name: 'Change' }).click()
      await people(older, 'Ann')
      const newer = await visit()
      await older.getByRole('status').getByText('You have gone on in another tab').waitFor()
      await people(newer, 'Ann')
      await visit('?name=Bob')
      await people(newer, 'Ann', 'Bob')
    })
  })
})
