/** The chat sample, run as its README says: in terminals and in the browser. */
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { launch, requireChromium } from '../support/chromium.ts'
import { type Program, start, stopAll } from '../support/process.ts'
import { Home } from './home.ts'

describe('samples/chat', () => {
  let server: Program
  let url: string
  const home = new Home()

  beforeEach(async () => {
    await home.enter()
    server = start('samples/chat/server.ts', '0', '--store', 'memory:')
    const [, port] = await server.line(/http:\/\/localhost:(\d+)/)
    url = `ws://localhost:${port}`
  })
  afterEach(async () => {
    await stopAll()
    await home.leave()
  })

  /** Someone in a terminal, who has got the name. */
  async function join(name: string): Promise<Program> {
    const client = start('samples/chat/client.ts', name, url)
    await client.line(new RegExp(`^You are now ${name}\\.$`))
    return client
  }

  it('LP37 Chat sample: two clients; rename confirmed only to the renamer; a message appears at the other with that name and not twice at the sender.', async () => {
    const [ann, bob] = [await join('ann'), await join('bob')]
    ann.write('/nick Anna')
    await ann.line(/^You are now Anna\.$/)
    ann.write('hello there')
    await bob.line(/^Anna: hello there$/)
    // What was meant for the other one would have come by the time of an answer.
    bob.write('hello Anna')
    await ann.line(/^bob: hello Anna$/)
    expect(bob.count(/You are now Anna/)).to.equal(0)
    expect(ann.count(/You are now Anna/)).to.equal(1)
    expect(ann.count(/hello there/)).to.equal(0)
    expect(bob.count(/hello there/)).to.equal(1)
  })

  it('updates everyone’s list of people when someone comes, goes, or changes names', async () => {
    const ann = await join('ann')
    const bob = await join('bob')
    await Promise.all([ann, bob].map(client => client.line(/^In the room: ann, bob$/)))
    bob.write('/nick Robert')
    await Promise.all([ann, bob].map(client => client.line(/^In the room: ann, Robert$/)))
    await bob.kill()
    const carol = await join('carol')
    await Promise.all([ann, carol].map(client => client.line(/^In the room: ann, carol$/)))
  })

  it('refuses a name that is taken, empty or too long, and says so to the one who asked', async () => {
    const [ann, bob] = [await join('ann'), await join('bob')]
    bob.write('/nick ann')
    await bob.line(/^Warning: .*ann is here already/)
    bob.write('/nick')
    await bob.line(/^Warning: .*a name needs a letter/)
    bob.write('/nick a-name-of-21-letters!')
    await bob.line(/^Warning: .*at most 20 characters/)
    bob.write('still bob')
    await ann.line(/^bob: still bob$/)
    expect(ann.count(/Warning/)).to.equal(0)
  })

  it('lets no control characters through to another terminal', async () => {
    const [ann, bob] = [await join('ann'), await join('bob')]
    ann.write('red\u001b[31malert')
    await bob.line(/^ann: red \[31malert$/)
    ann.write('\u0007 \u001b')
    await ann.line(/^Warning: nothing was said$/)
  })

  it('takes its lines from a pipe', async () => {
    const ann = await join('ann')
    const piped = start('samples/chat/client.ts', 'piped', url)
    for (const line of ['one', 'two', '/who', '/help', 'three']) piped.write(line)
    piped.finish()
    expect(await piped.ended).to.equal(0)
    await ann.line(/^piped: three$/)
    expect(ann.lines.filter(line => line.startsWith('piped'))).to.deep.equal([
      'piped: one',
      'piped: two',
      'piped: three',
    ])
    expect(piped.count(/^You are now piped\.$/)).to.equal(1)
    expect(piped.count(/^\/nick NAME/)).to.equal(1)
  })

  it('says so when a port is taken, a server is missing or goes away', async () => {
    const ann = await join('ann')
    const late = start('samples/chat/server.ts', url.slice(url.lastIndexOf(':') + 1), '--store', 'memory:')
    await late.line(/in use/)
    expect(await late.ended).to.equal(1)
    expect(await server.stop()).to.equal(0)
    await ann.line(/^The connection has ended: The server is shutting down/)
    expect(await ann.ended).to.equal(0)
    const lonely = start('samples/chat/client.ts', 'lonely', url)
    await lonely.line(/^Cannot connect to .*nobody listens there/)
    expect(await lonely.ended).to.equal(1)
  })

  describe('in the browser', () => {
    let browser: Browser
    const thrown: Error[] = []

    before(async function () {
      browser = await launch(requireChromium(this))
    })
    afterEach(async () => {
      for (const context of browser.contexts()) await context.close()
      expect(thrown.splice(0)).to.deep.equal([])
    })
    after(() => browser?.close())

    /** Someone with a browser profile of their own. */
    async function visit(name: string): Promise<Page> {
      const page = await (await browser.newContext()).newPage()
      page.on('pageerror', error => thrown.push(error))
      await page.goto(url.replace('ws', 'http'))
      await page.getByRole('status').waitFor({ state: 'hidden' })
      await page.getByLabel('Your name').fill(name)
      await page.getByRole('button', { name: 'Change' }).click()
      await page.getByText(`You are now ${name}`).waitFor()
      return page
    }

    async function say(page: Page, text: string): Promise<void> {
      await page.getByLabel('Message', { exact: true }).fill(text)
      await page.getByRole('button', { name: 'Send' }).click()
    }

    const people = (page: Page) => page.getByRole('list', { name: 'In the room' })

    it('shows two pages and a terminal what each of them says, once', async () => {
      const [ann, bob, carol] = [await visit('Ann'), await visit('Bob'), await join('carol')]
      await say(ann, 'hello from a page')
      await bob.getByText('hello from a page').waitFor()
      await carol.line(/^Ann: hello from a page$/)
      carol.write('hello from a terminal')
      for (const page of [ann, bob]) await page.getByText('hello from a terminal').waitFor()
      expect(await ann.getByText('hello from a page').count()).to.equal(1)
      expect(await bob.getByText('hello from a page').count()).to.equal(1)
      expect(await bob.getByText('You are now Ann').count()).to.equal(0)
      expect(await people(ann).getByRole('listitem').locator('span').allTextContents()).to.deep.equal([
        'Ann',
        'Bob',
        'carol',
      ])
    })

    it('keeps the list of people up to date', async () => {
      const [ann, bob] = [await visit('Ann'), await visit('Bob')]
      await people(ann).getByText('Bob').waitFor()
      await bob.context().close()
      await people(ann).getByText('Bob').waitFor({ state: 'detached' })
      await ann.getByText('Bob left').waitFor()
    })

    it('says why a name was refused', async () => {
      const ann = await visit('Ann')
      await join('Bob')
      await ann.getByLabel('Your name').fill('Bob')
      await ann.getByRole('button', { name: 'Change' }).click()
      await ann.getByText('Bob is here already').waitFor()
    })

    it('says that the server went away, and comes back under its name when the server does', async () => {
      const ann = await visit('Ann')
      await server.stop()
      await ann.getByRole('status').getByText('The server is shutting down').waitFor()
      server = start('samples/chat/server.ts', new URL(url).port, '--store', 'memory:')
      await ann.getByRole('status').waitFor({ state: 'hidden' })
      await people(ann).getByText('Ann').waitFor()
      const bob = await join('bob')
      await say(ann, 'here again')
      await bob.line(/^Ann: here again$/)
    })
  })
})
