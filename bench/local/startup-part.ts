/** One contestant of the start-up: from the import of 500 classes to a server that listens, once per process. */
import { createServer } from 'fieldcast/server'
import { memory } from 'fieldcast/transports/memory'
import type { Part } from './contestant.ts'

export interface StartupArgument {
  /** The url of a module that exports `classes`. */
  readonly module: string
  readonly serves: boolean
}

/** ms. */
export interface StartupResult {
  readonly load: number
  readonly start: number
  readonly both: number
}

export const part: Part<StartupArgument, StartupResult> =
  async ({ module, serves }) =>
  () =>
    once(module, serves)

async function once(module: string, serves: boolean): Promise<StartupResult> {
  const begun = performance.now()
  const { classes } = (await import(module)) as { classes: Parameters<typeof createServer>[0]['classes'] }
  const load = performance.now() - begun
  if (serves) await createServer({ classes, transports: [memory()], tickRate: 'manual' }).start()
  const both = performance.now() - begun
  return { load, start: both - load, both }
}
