/** What a spec does between the turns in which a zone is opened. */
import type { World } from 'fieldcast/testing'

/** Does one thing after each turn in which a slice is told, beginning after the first; to be called right after the opening was begun. */
export function betweenSlices(world: World<any>, ...acts: (() => unknown)[]): void {
  const [act, ...rest] = acts
  if (!act) return
  world.clock.after(0, () => {
    act()
    betweenSlices(world, ...rest)
  })
}

/** Lets an opening go on to its end, without a tick of the server. */
export async function unticked(world: World<any>, whole: Promise<void>): Promise<void> {
  // Real wires have no virtual time to run.
  await world.run(0).catch(() => {})
  await whole
}
