/** Pages in a real browser: the Chromium that CHROMIUM names, or Debian's. */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** Opens a url in a browser profile of its own, as another visitor would. Whatever the page throws fails the test. */
export type Open = (url: string, options?: BrowserContextOptions) => Promise<Page>

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/**
 * Declares specs that need a browser. Without one they are skipped, and one line says so; with CI=true that is a failure.
 * Pages that `open` made are closed after each test.
 */
export function describePages(title: string, body: (open: Open) => void): void {
  if (!existsSync(executablePath)) {
    declareMissing(title)
    return
  }
  describe(title, () => {
    let browser: Browser
    let errors: Error[] = []

    before(async () => {
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    })
    afterEach(async () => {
      for (const context of browser.contexts()) await context.close()
      const thrown = errors
      errors = []
      if (thrown.length > 0) throw new AggregateError(thrown, `A page threw: ${thrown.map(String).join('; ')}`)
    })
    after(() => browser.close())

    body(async (url, options) => {
      const page = await (await browser.newContext(options)).newPage()
      page.on('pageerror', error => errors.push(error))
      await page.goto(url)
      return page
    })
  })
}

function declareMissing(title: string): void {
  const why = `${title}: there is no Chromium at ${executablePath}; set CHROMIUM to the path of one.`
  if (process.env['CI'] === 'true') {
    it(`${title} has a browser`, () => {
      throw new Error(why)
    })
  } else {
    console.log(`Skipped: ${why}`)
    describe.skip(title, () => {})
  }
}
