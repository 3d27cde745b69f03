/** Where a Chromium is, for specs that need a real browser, and how to start it. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The browser that CHROMIUM names, else the first in the PATH; null without one. */
export function findChromium(): string | null {
  const named = process.env['CHROMIUM']
  if (named) return named
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name)
      if (isExecutable(path)) return path
    }
  }
  return null
}

/** For a `before` hook: the path of a Chromium. Without one the suite is skipped with a word on how to get one; where CI is set it fails. */
export function requireChromium(suite: Mocha.Context): string {
  const path = findChromium()
  if (path) return path
  const advice = 'no Chromium was found: install one (apt-get install chromium), or set CHROMIUM=/path/to/chromium'
  if (process.env['CI']) throw new Error(`This spec needs a browser, but ${advice}.`)
  console.log(`    skipped: ${advice}`)
  return suite.skip()
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGUMENTS })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
