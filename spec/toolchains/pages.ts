/** Opens the game's page in a Chromium, and serves the folders that bundlers write. */

import { once } from 'node:events'
import { createReadStream, existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { launch } from '../support/chromium.ts'
import type { Outcome } from './recipe.ts'

export class Pages {
  readonly #path: string
  #browser: Promise<Browser> | null = null

  /** @param path of a Chromium. */
  constructor(path: string) {
    this.#path = path
  }

  /** Lets the page play against a server. */
  async play(page: string, server: string): Promise<Outcome['client']> {
    this.#browser ??= launch(this.#path)
    const tab = await (await this.#browser).newPage()
    const said: string[] = []
    tab.on('console', message => said.push(message.text()))
    // A script that does not even start leaves no other word.
    const broken = new Promise<void>(resolve =>
      tab.on('pageerror', error => {
        said.push(error.stack || String(error))
        resolve()
      }),
    )
    try {
      await tab.goto(`${page}?url=${encodeURIComponent(server)}`)
      const over = tab
        .waitForFunction(() => ['played', 'failed'].includes(document.title), undefined, { timeout: 30_000 })
        .then(
          () => {},
          () => void said.push('The page has not come to an end.'),
        )
      await Promise.race([over, broken])
      const text = (await tab.textContent('body')) ?? ''
      if ((await tab.title()) !== 'played') throw new Error(['The page failed.', text, ...said].join('\n'))
      return JSON.parse(text) as Outcome['client']
    } finally {
      await tab.close()
    }
  }

  async close(): Promise<void> {
    await (await this.#browser)?.close()
  }
}

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }

/** Serves a folder until it is closed. */
export async function serveFolder(folder: string): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost')
    const file = join(folder, pathname.endsWith('/') ? `${pathname}index.html` : pathname)
    const found = existsSync(file)
    // A browser asks for an icon unasked.
    response.writeHead(found ? 200 : pathname === '/favicon.ico' ? 204 : 404, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
    })
    if (found) createReadStream(file).pipe(response)
    else response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server }
}
