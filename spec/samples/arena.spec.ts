/** The arena as a player gets it: what `npm start` runs, in a real browser. */
import { once } from 'node:events'
import { connect as dial } from 'node:net'
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import type {} from '../../samples/arena/client/debug.ts'
import { cornerOf, LOBBY, ZONE_SIZE, zoneAt, zonesAround } from '../../samples/arena/world.ts'
import { launch, requireChromium } from '../support/chromium.ts'
import { Arena } from './arena-process.ts'

describe('npm start', function () {
  this.timeout(60_000)
  const started: Arena[] = []

  async function start(...args: string[]): Promise<Arena> {
    const arena = await Arena.start('--store', 'memory:', ...args)
    started.push(arena)
    return arena
  }

  afterEach(async () => {
    for (const arena of started.splice(0)) await arena.signal('SIGKILL')
  })

  it('serves the page, and nothing that is not part of it', async () => {
    const { url } = await start('--port', '0')
    const page = await fetch(url)
    expect(page.headers.get('content-type')).to.equal('text/html; charset=utf-8')
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(await page.text())?.[1]
    expect((await fetch(`${url}/${script}`)).headers.get('content-type')).to.equal('text/javascript; charset=utf-8')
    for (const path of ['/nothing', '/../package.json', '/%2e%2e/server.ts'])
      expect((await fetch(url + path)).status, path).to.equal(404)
    expect((await fetch(url, { method: 'POST' })).status).to.equal(405)
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    it(`ends cleanly on ${signal}, with bots and an open connection`, async () => {
      const arena = await start('--port', '0', '--bots', '50')
      expect(arena.lines).to.include('50 bots are walking about.')
      const idle = dial(Number(arena.port), 'localhost')
      await once(idle, 'connect')
      const closed = once(idle, 'close')
      expect(await arena.signal(signal)).to.equal(0)
      expect(arena.errors).to.deep.equal([])
      // In memory nothing is.
      expect(arena.lines.join()).to.not.include('saved')
      await closed
    })

  it('says so when its port is taken', async () => {
    const { port } = await start('--port', '0')
    const { code, errors } = await Arena.fail('--store', 'memory:', '--port', port)
    expect(code).to.equal(1)
    expect(errors).to.equal(
      `Port ${port} is taken. Stop the program that holds it, or choose another: npm start -- --port ${Number(port) + 1}`,
    )
  })

  it('says so when it is asked for what it does not know', async () => {
    expect(await Arena.fail('--bots', 'many')).to.deep.equal({
      code: 1,
      errors: "bots is a whole number from 0 to 1000, not 'many'.",
    })
    expect((await Arena.fail('--colour')).errors).to.match(/Unknown option '--colour'/)
  })

  describe('in a browser', () => {
    let browser: Browser
    const problems: string[] = []

    before(async function () {
      browser = await launch(requireChromium(this))
    })
    after(() => browser?.close())
    afterEach(async () => {
      for (const context of browser?.contexts() ?? []) await context.close()
      expect(problems.splice(0)).to.deep.equal([])
    })

    async function open(url: string, query = ''): Promise<Page> {
      const page = await (await browser.newContext({ viewport: { width: 1000, height: 700 } })).newPage()
      page.on('pageerror', error => problems.push(error.message))
      await page.goto(url + query)
      return page
    }

    async function play(url: string, name: string): Promise<Page> {
      const page = await open(url, `/?name=${name}`)
      await page.waitForFunction(() => window.arena.phase === 'playing')
      return page
    }

    /** Steps on a key until something holds in the page. */
    async function walk<T>(page: Page, key: string, until: (argument: T) => boolean, argument: T): Promise<void> {
      await page.keyboard.down(key)
      await page.waitForFunction(until as never, argument)
      await page.keyboard.up(key)
    }

    const isSeen = (name: string): boolean => window.arena.others.some(other => other.name === name)
    const phase = (page: Page, wanted: string) =>
      page.waitForFunction(expected => window.arena.phase === expected, wanted)

    it('shows two players each other, walking and talking', async () => {
      const { url } = await start('--port', '0')
      const ann = await play(url, 'ann')
      const bob = await play(url, 'bob')
      await ann.waitForFunction(isSeen, 'bob')
      await bob.waitForFunction(isSeen, 'ann')
      await ann.waitForFunction(() => window.arena.players === 2)

      const from = await ann.evaluate(() => window.arena.me!.x)
      await walk(ann, 'd', start => window.arena.me!.x > start + 120, from)
      const to = await ann.evaluate(() => window.arena.me!)
      await bob.waitForFunction(({ x, y }) => {
        const other = window.arena.others[0]!
        return Math.abs(other.x - x) <= 1 && Math.abs(other.y - y) <= 1
      }, to)

      await ann.keyboard.press('Enter')
      await ann.keyboard.type('Hello   bob, wasd!')
      await ann.keyboard.press('Enter')
      await bob.waitForFunction(() => window.arena.others[0]?.said === 'Hello bob, wasd!')
      await bob.waitForFunction(() => document.getElementById('log')!.textContent === 'annHello bob, wasd!')
      expect(await ann.evaluate(() => window.arena.me!)).to.include({ x: to.x, y: to.y, said: 'Hello bob, wasd!' })

      await bob.close()
      await ann.waitForFunction(() => window.arena.others.length === 0 && window.arena.players === 1)
    })

    it('moves another smoothly between updates', async () => {
      const { url } = await start('--port', '0')
      const ann = await play(url, 'ann')
      const bob = await play(url, 'bob')
      await bob.waitForFunction(isSeen, 'ann')
      const from = await bob.evaluate(() => window.arena.others[0]!.x)
      await ann.keyboard.down('d')
      // Half a second holds ten updates, or one more: more different places than that are made between them. A busy machine may take a while to draw so often.
      const places = await bob.evaluate(
        start =>
          new Promise<number[]>((resolve, reject) => {
            const seen: { at: number; x: number }[] = []
            const began = performance.now()
            const look = (now: number): void => {
              const { x } = window.arena.others[0]!
              if (x !== start) seen.push({ at: now, x })
              while (seen[0] && now - seen[0].at > 500) seen.shift()
              const places = seen.map(each => each.x)
              if (new Set(places).size > 13) resolve(places)
              else if (now - began > 10_000) reject(new Error(`Only ${new Set(places).size} places in half a second.`))
              else requestAnimationFrame(look)
            }
            requestAnimationFrame(look)
          }),
        from,
      )
      await ann.keyboard.up('d')
      expect(places, 'none lies behind the last').to.deep.equal([...places].sort((a, b) => a - b))
    })

    it('streams zones in and out as one walks', async () => {
      const { url } = await start('--port', '0')
      const ann = await play(url, 'ann')
      const before = await ann.evaluate(() => window.arena)
      const home = zoneAt(before.me!)
      expect(before.zones).to.deep.equal([...zonesAround(home), LOBBY])
      expect([...new Set(before.gems.map(gem => gem.zone))].sort((a, b) => a! - b!)).to.deep.equal(zonesAround(home))
      const goal = home + 1
      await walk(
        ann,
        'ArrowRight',
        zone => window.arena.me!.zone === zone && !window.arena.zones.includes(zone - 2),
        goal,
      )
      const after = await ann.evaluate(() => window.arena)
      expect(after.me!.x)
        .to.be.greaterThan(cornerOf(goal).x - 1)
        .and.lessThan(cornerOf(goal).x + ZONE_SIZE)
      expect(after.zones).to.deep.equal([...zonesAround(goal), LOBBY])
      expect([...new Set(after.gems.map(gem => gem.zone))].sort((a, b) => a! - b!)).to.deep.equal(zonesAround(goal))
    })

    it('walks to where one clicks, and gathers what lies there', async () => {
      const { url } = await start('--port', '0')
      const ann = await play(url, 'ann')
      const gem = await ann.evaluate(() => {
        const { me, gems } = window.arena
        return [...gems].sort((a, b) => Math.hypot(a.x - me!.x, a.y - me!.y) - Math.hypot(b.x - me!.x, b.y - me!.y))[0]!
      })
      // The camera stands still before it is asked where the gem is: a click means a place on the screen.
      for (let tries = 0; tries < 20; tries++) {
        const { dx, dy } = await ann.evaluate(
          ({ x, y }) => ({ dx: x - window.arena.me!.x, dy: y - window.arena.me!.y }),
          gem,
        )
        if (Math.hypot(dx, dy) < 30) break
        const scale = 1000 / 1080
        await ann.mouse.click(
          500 + Math.max(-400, Math.min(400, dx * scale)),
          350 + Math.max(-250, Math.min(250, dy * scale)),
        )
        await ann.waitForFunction(
          () => {
            const view = window as unknown as { last?: string }
            const now = `${window.arena.me!.x} ${window.arena.me!.y}`
            const still = view.last === now
            view.last = now
            return still
          },
          undefined,
          { polling: 200 },
        )
      }
      await ann.waitForFunction(
        id => window.arena.me!.score > 0 && !window.arena.gems.some(other => other.id === id),
        gem.id,
      )
      await ann.waitForFunction(() => document.getElementById('score')!.textContent === String(window.arena.me!.score))
    })

    it('says that the server has gone away, and goes on when it is back', async () => {
      const first = await start('--port', '0')
      const ann = await play(first.url, 'ann')
      await first.signal('SIGKILL')
      await phase(ann, 'lost')
      // Not at one glance: while it tries again the card says something else.
      await ann
        .locator('#notice')
        .filter({ hasText: /The server has gone away[\s\S]*Trying again in \d+ s/ })
        .waitFor()
      await start('--port', first.port)
      await phase(ann, 'playing')
      await ann.locator('#notice').waitFor({ state: 'hidden' })
      const bob = await play(first.url, 'bob')
      await bob.waitForFunction(isSeen, 'ann')
      await walk(ann, 's', y => window.arena.me!.y > y + 40, await ann.evaluate(() => window.arena.me!.y))
    })

    it('asks for a name, says why one will not do, and remembers the one that did', async () => {
      const { url } = await start('--port', '0')
      const ann = await open(url)
      await ann.locator('#name').fill('\u200b')
      await ann.getByRole('button', { name: 'Come in' }).click()
      await ann.getByText('Please choose a name of 1 to 16 characters.').waitFor()
      await ann.locator('#name').fill('Ann Lee')
      await ann.getByRole('radio', { name: 'Colour 5' }).check()
      await ann.getByRole('button', { name: 'Come in' }).click()
      await phase(ann, 'playing')
      expect((await ann.evaluate(() => window.arena.me!)).name).to.equal('Ann Lee')
      await ann.reload()
      expect(await ann.locator('#name').inputValue()).to.equal('Ann Lee')
      expect(await ann.getByRole('radio', { name: 'Colour 5' }).isChecked()).to.equal(true)
    })

    it('is walked by a finger that drags', async () => {
      const { url } = await start('--port', '0')
      const context = await browser.newContext({
        viewport: { width: 390, height: 844 },
        hasTouch: true,
        isMobile: true,
      })
      const ann = await context.newPage()
      ann.on('pageerror', error => problems.push(error.message))
      await ann.goto(`${url}/?name=ann`)
      await phase(ann, 'playing')
      const from = await ann.evaluate(() => window.arena.me!)
      const finger = await context.newCDPSession(ann)
      const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...touchPoints: { x: number; y: number }[]) =>
        finger.send('Input.dispatchTouchEvent', { type, touchPoints })
      await touch('touchStart', { x: 120, y: 600 })
      await touch('touchMove', { x: 120, y: 580 })
      await touch('touchMove', { x: 120, y: 540 })
      await ann.waitForFunction(y => window.arena.me!.y < y - 60, from.y)
      await touch('touchEnd')
      const to = await ann.evaluate(() => window.arena.me!)
      expect(Math.abs(to.x - from.x)).to.be.lessThan(1)
    })
  })
})
