/** The whiteboard sample, run as its README says: in the browser, and by a program that draws as a page would. */
import { expect } from 'chai'
import { type ActionData, Connection } from 'fieldcast/actions'
import type { Browser, Page } from 'playwright-core'
import { launch, requireChromium } from '../support/chromium.ts'
import { type Program, start, stopAll } from '../support/process.ts'

describe('samples/whiteboard', () => {
  let server: Program
  let url: string
  const connections: Connection[] = []

  beforeEach(async () => {
    server = start('samples/whiteboard/server.ts', '0')
    url = (await server.line(/http:\/\/localhost:\d+/))[0]
  })
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close()
    await stopAll()
  })

  /** Somebody with what they have heard, and a way to wait for more. */
  async function join() {
    const heard: ActionData[] = []
    let look = () => {}
    const connection = new Connection()
    connections.push(connection)
    connection.onAny(data => {
      heard.push(data)
      look()
    })
    expect(await connection.connect(url.replace('http', 'ws'))).to.equal(true)
    const next = async (action: string): Promise<any> => {
      for (;;) {
        const at = heard.findIndex(data => data.action === action)
        if (at >= 0) return heard.splice(at, 1)[0]
        await new Promise<void>(resolve => {
          look = resolve
        })
      }
    }
    const { id } = await next('welcome')
    return { id, connection, next, heard }
  }

  it('tells a latecomer all lines, everybody each point, and everybody who has gone', async () => {
    const ann = await join()
    ann.connection.send({ action: 'startline', x: 1, y: 2 })
    ann.connection.send({ action: 'drawpoint', x: 3, y: 4 })
    expect(await ann.next('startline')).to.deep.equal({ action: 'startline', id: ann.id, x: 1, y: 2 })
    expect(await ann.next('drawpoint')).to.include({ id: ann.id, x: 3, y: 4 })
    const bob = await join()
    const [first, second] = [await bob.next('painter'), await bob.next('painter')]
    expect(first).to.include({ id: ann.id })
    expect(first.lines).to.deep.equal([[1, 2, 3, 4]])
    expect(second).to.include({ id: bob.id })
    expect(second.lines).to.deep.equal([])
    expect(second.colour).not.to.equal(first.colour)
    ann.connection.close()
    expect(await bob.next('left')).to.deep.equal({ action: 'left', id: ann.id })
  })

  it('draws nothing that is off the board, or no number', async () => {
    const ann = await join()
    for (const [x, y] of [
      [-1, 0],
      [0, 1001],
      [1.5, 0],
      ['1', 0],
      [Number.NaN, 0],
      [undefined, 0],
    ])
      ann.connection.send({ action: 'startline', x, y })
    ann.connection.send({ action: 'drawpoint', x: 5, y: 5 })
    ann.connection.send({ action: 'startline', x: 7, y: 8 })
    expect(await ann.next('startline')).to.include({ x: 7, y: 8 })
    expect(ann.heard.filter(({ action }) => action === 'drawpoint')).to.be.empty
    const bob = await join()
    expect((await bob.next('painter')).lines).to.deep.equal([[7, 8]])
  })

  it('says that its port is taken', async () => {
    const late = start('samples/whiteboard/server.ts', new URL(url).port)
    await late.line(/in use/i)
    expect(await late.ended).to.equal(1)
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

    async function visit(): Promise<Page> {
      const page = await browser.newPage()
      page.on('pageerror', error => thrown.push(error))
      await page.goto(url)
      await page.getByText('you, lines:').waitFor()
      return page
    }

    /** Draws across the middle of the board. */
    async function draw(page: Page): Promise<void> {
      const { x, y, width, height } = (await page.locator('#board').boundingBox())!
      await page.mouse.move(x + width * 0.25, y + height / 2)
      await page.mouse.down()
      await page.mouse.move(x + width * 0.75, y + height / 2, { steps: 10 })
      await page.mouse.up()
    }

    /** How opaque the middle of the board is. */
    const ink = (page: Page): Promise<number> =>
      page
        .locator('#board')
        .evaluate((canvas: any) => canvas.getContext('2d').getImageData(800, 500, 1, 1).data[3] as number)

    it('shows a line to those who are there and to a latecomer, until its painter has gone', async () => {
      const [ann, bob] = [await visit(), await visit()]
      expect(await ink(ann)).to.equal(0)
      await draw(ann)
      await ann.getByText('you, lines: 1').waitFor()
      await bob.getByText(/painter \d+, lines: 1/).waitFor()
      const late = await visit()
      await late.getByText(/painter \d+, lines: 1/).waitFor()
      await late.waitForFunction(
        () => (document.querySelector('#board') as any).getContext('2d').getImageData(800, 500, 1, 1).data[3] === 255,
      )
      await bob.waitForFunction(
        () => (document.querySelector('#board') as any).getContext('2d').getImageData(800, 500, 1, 1).data[3] === 255,
      )
      await ann.close()
      await late.waitForFunction(
        () => (document.querySelector('#board') as any).getContext('2d').getImageData(800, 500, 1, 1).data[3] === 0,
      )
      await late.getByText(/painter \d+, lines: 1/).waitFor({ state: 'hidden' })
    })

    it('says so when the server goes away', async () => {
      const page = await visit()
      await server.stop()
      await page.getByText('The connection has ended: The server is shutting down').waitFor()
    })
  })
})
