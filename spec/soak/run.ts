/** Soaks from the first client to the last. */
import { expect } from 'chai'
import type { VirtualClock } from 'fieldcast/testing'
import { systemClock } from '../../lib/base/clock.ts'
import type { Roads } from './roads.ts'
import { Soak, SoakFailure, type SoakOptions } from './soak.ts'

export interface Length {
  /** After each it becomes quiet, everything is compared, and everybody leaves. */
  readonly parts: number
  readonly turns: number
  /** What happens in a turn. */
  readonly actions: number
  /** Called when everybody has left. */
  readonly emptied?: () => void
}

/** A turn, ms: under virtual time, where it is none of the server's ticks, and in real time. */
const [virtualTurn, realTurn] = [43, 10]

/** One soak under virtual time. */
export async function virtualSoak(
  options: SoakOptions,
  length: Length,
  clock: VirtualClock,
  roads: Roads,
): Promise<Soak> {
  const soak = new Soak(options, roads, clock)
  await soak.start()
  await play(soak, length, ms => clock.advance(ms), virtualTurn)
  const stopped = soak.stop()
  for (let i = 0; i < 200 && !soak.isStopped; i++) await clock.advance(virtualTurn)
  expect(soak.isStopped, 'the server has stopped').to.equal(true)
  await stopped
  // What players and villains had in mind.
  await clock.advance(30_000)
  expect(roads.underway, 'frames on their way').to.equal(0)
  expect(clock.pending, 'timers').to.equal(0)
  return soak
}

/** One soak over real sockets, on the clock on the wall. */
export async function realSoak(options: SoakOptions, length: Length, roads: Roads): Promise<Soak> {
  const soak = new Soak(options, roads, systemClock)
  await soak.start()
  try {
    await play(soak, length, ms => new Promise<void>(resolve => systemClock.after(ms, resolve)), realTurn)
  } finally {
    soak.empty()
    await soak.stop()
  }
  return soak
}

async function play(
  soak: Soak,
  { parts, turns, actions, emptied }: Length,
  pass: (ms: number) => Promise<void>,
  turn: number,
): Promise<void> {
  for (let part = 0; part < parts; part++) {
    for (let i = 0; i < turns; i++) {
      soak.turn(actions)
      await pass(turn)
    }
    soak.calm()
    // Whoever was lost has 15 s to come back, and requests 10 s to be answered.
    for (let i = 0; i < 1000 && !soak.isCalm; i++) await pass(50)
    await quiet(soak, pass)
    soak.empty()
    for (let i = 0; i < 400 && soak.server.clients.size > 0; i++) await pass(50)
    expect(soak.server.clients.size, 'clients').to.equal(0)
    expect(soak.server.objects.size, 'objects').to.equal(0)
    if (!emptied) continue
    // Ids, tickets and addresses are remembered for a while.
    await pass(120_000)
    emptied()
  }
}

/** What is still on its way arrives, sooner or later: on the slowest line too. */
async function quiet(soak: Soak, pass: (ms: number) => Promise<void>): Promise<void> {
  for (let tries = 20; ; tries--) {
    const before = soak.model.changes
    await pass(1000)
    if (!soak.isCalm || soak.model.changes !== before) {
      if (tries <= 0) throw new SoakFailure('It does not become quiet.', soak.restless)
      continue
    }
    try {
      return soak.check()
    } catch (error) {
      if (tries <= 0) throw error
    }
  }
}
