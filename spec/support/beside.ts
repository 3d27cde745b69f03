/** What an honest client does while others attack: it asks without pause, and each answer comes, in order and soon. */
import { expect } from 'chai'
import { settled } from '../../lib/harness/virtual-clock.ts'
import type { Knight, Siege } from './siege.ts'

/** How many questions are under way at once: more than one, so that their order means something. */
const together = 4

/** Turns of the event loop that answers may take beside an attack. The turns of a quiet server on loopback are below 20. */
export const mostTurns = 400

/**
 * Runs an attack with the honest client beside it. Fails where an answer takes more than `most` turns of the event loop, is wrong or out of order, and where its view is not exact.
 * A turn takes as long as it takes, so no slow machine fails.
 */
export async function beside(siege: Siege, attack: () => Promise<void>, most: number): Promise<void> {
  const { honest, world } = siege
  const knight = world.server.objects.get(honest.avatar.id) as Knight
  let isOver = false
  const attacking = attack().finally(() => {
    isOver = true
  })
  attacking.catch(() => {})
  const scores: number[] = []
  for (let round = 1; ; round++) {
    const isLast = isOver
    knight.send.score(round & 0xffff)
    scores.push(round & 0xffff)
    await askTogether(siege, round * together, most)
    if (isLast) break
  }
  await attacking
  await world.settle()
  expect(knight.scores).to.deep.equal(scores)
  expect(honest.avatar.scores, 'what the honest client was told').to.deep.equal(scores)
}

async function askTogether({ honest, world }: Siege, first: number, most: number): Promise<void> {
  const asked = Array.from({ length: together }, (_, i) => (first + i) & 0xffff)
  const answers: number[] = []
  let failure: unknown
  for (const n of asked)
    honest.avatar.send.ask(n).then(
      answer => answers.push(answer),
      error => (failure ??= error),
    )
  for (let turns = 0; answers.length < together; turns++) {
    if (failure) throw failure
    if (turns > most) throw new Error(`An honest question has waited for ${turns} turns of the event loop.`)
    world.server.tick()
    await settled()
  }
  expect(answers, 'answers in order').to.deep.equal(asked)
}
