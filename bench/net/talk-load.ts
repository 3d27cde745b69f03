/** The load's process of the benchmark of messages: one client, which asks and says. */
import { answer } from '../kit/child.ts'
import type { JoinTalk, Talker } from './talk.ts'

/** Lines of one turn. */
const atOnce = 100
/** Of the text that travels. */
const text = 'the quick brown fox jumps over the lazy dog'

let talker: Talker

async function each(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const sum = await talker.add(i, 1)
    if (sum !== i + 1) throw new Error(`${i} and 1 gave ${sum}.`)
  }
}

/** Ms that `run` took. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await run()
  return performance.now() - from
}

answer({
  async join({ module, url }: { module: string; url: string }) {
    const { join } = (await import(new URL(`../${module}`, import.meta.url).href)) as { join: JoinTalk }
    talker = await join(url)
  },
  /** So many questions, one after the other in each of some rows. */
  trips: ({ count, rows }: { count: number; rows: number }) =>
    timed(() => Promise.all(Array.from({ length: rows }, () => each(count / rows)))),
  /** So many lines, until all have arrived. */
  lines: ({ count }: { count: number }) =>
    timed(async () => {
      const before = await talker.count()
      for (let sent = 0; sent < count; ) {
        for (let i = 0; i < atOnce; i++, sent++) talker.line(text, sent)
        await new Promise(resolve => setImmediate(resolve))
        // The one ahead of the other would measure its buffers.
        if (sent % (atOnce * 20) === 0) await talker.count()
      }
      const heard = (await talker.count()) - before
      if (heard !== count) throw new Error(`Of ${count} lines ${heard} arrived.`)
    }),
  close: () => talker.close(),
})
