/** Runs a toolchain whose user forgot something, and gives what he reads. */
import { join } from 'node:path'
import { type Pages, serveFolder } from './pages.ts'
import { brief, Program } from './process.ts'
import type { Forgotten } from './recipes/forgotten.ts'
import type { Workshop } from './workshop.ts'

/** Null where nothing went wrong, which is the worst. */
export async function whatIsSaid(given: Forgotten, workshop: Workshop, pages: Pages | null): Promise<string | null> {
  const place = await workshop.place({ ...given, name: `forgotten-${given.name}` }, true)
  for (const command of given.build) {
    const { code, text } = await new Program(command, place).outcome()
    if (code !== 0) return brief(text)
  }
  if (!('kind' in given.run)) {
    const { code, text } = await new Program(given.run, place).outcome()
    return code === 0 ? null : brief(text)
  }
  if (!pages) throw new Error('There is no browser.')
  const { url, server } = await serveFolder(join(place.folder, String(given.run.from)))
  return pages
    .play(url, 'ws://127.0.0.1:1')
    .then(
      () => null,
      error => brief((error as Error).message),
    )
    .finally(() => server.close())
}
