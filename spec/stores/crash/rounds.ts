/**
 * Rounds of a world that lives on one set of data: a game server starts, loads everything, plays, and is killed (`kill -9`) at a random moment, while it starts, plays
 * or stops. Each start is compared with what all servers before have acknowledged.
 *
 * `kill -9` ends a process and leaves the system alive, which writes what it was given. So this shows that a store acknowledges nothing that it still holds in the
 * process, and that it can be opened at whatever moment it was cut off. It says nothing of power cuts, where the system forgets too: whether the store has the disk sync
 * its writes decides there, and no test on one machine can show it.
 *
 * FIELDCAST_CRASH_FACTOR=10 runs ten times the rounds; FIELDCAST_CRASH_SEED repeats the choices of a run, though not the timing of the machine.
 */
import { type Random, seededRandom, systemRandom } from '../../../lib/base/random.ts'
import type { Child, Program } from './child.ts'
import type { Flaw } from './flaws.ts'
import { Model } from './model.ts'
import { Opening, pass } from './session.ts'

/** How many times the rounds that CI runs. */
export const factor: number = Number(process.env['FIELDCAST_CRASH_FACTOR'] ?? 1)

const chosen = process.env['FIELDCAST_CRASH_SEED']

/** Another one in each run. */
export const newSeed = (): number => (chosen ? Number(chosen) : Math.floor(systemRandom.number() * 1e9))

export interface Rounds {
  readonly program: Program
  /** As `storeByUrl` takes it. Empty at first. */
  readonly url: string
  readonly rounds: number
  readonly seed: number
  readonly flaw?: Flaw
}

export interface Outcome {
  /** What is wrong with the world; then no more rounds were run. */
  readonly complaints: readonly string[]
  /** Rounds that ended in each way. */
  readonly ends: Record<'starting' | 'playing' | 'stopping' | 'stopped', number>
  readonly told: Model['told']
  /** Things found at the end. */
  readonly things: number
}

/** Plays all rounds, and one more in which nothing is killed. */
export async function playRounds({ program, url, rounds, seed, flaw }: Rounds): Promise<Outcome> {
  const random = seededRandom(seed)
  const model = new Model()
  const ends = { starting: 0, playing: 0, stopping: 0, stopped: 0 }
  let things = 0
  // What a start takes, roughly; learnt as it goes.
  let startMs = 100
  for (let round = 0; round <= rounds; round++) {
    const child = program.start(url)
    const opening = new Opening()
    const heard: string[] = []
    child.on(report => {
      opening.hear(report)
      if (report[0] === 'wrong') heard.push(report[1])
      if (report[0] !== 'loaded') return model.hear(report)
      heard.push(...opening.complaints(model))
      model.adopt(opening.found)
      things = opening.found.length
    })
    const plan = round === rounds ? 'stopped' : planOf(random, round)
    const began = performance.now()
    child.order({
      store: url,
      seed: seed + round,
      gapMs: [0, 5, 100][Math.floor(random.number() * 3)]!,
      plays: true,
      flaw: flaw ?? null,
    })
    const loaded = child.next('loaded').then(() => {
      startMs = 0.7 * startMs + 0.3 * (performance.now() - began)
    })
    // It may be killed before.
    loaded.catch(() => {})
    if (plan === 'starting') await pass(random.number() * 1.2 * startMs)
    else await act(child, plan, loaded, random).catch((error: Error) => void heard.push(error.message))
    await child.kill()
    ends[plan]++
    if (child.complaint) heard.push(child.complaint)
    if (heard.length > 0)
      return { complaints: heard.map(text => `round ${round}, seed ${seed}: ${text}`), ends, told: model.told, things }
  }
  return { complaints: [], ends, told: model.told, things }
}

type End = keyof Outcome['ends']

/** The data is new: making its layout is cut off too. */
function planOf(random: Random, round: number): End {
  const dice = random.number()
  if (round < 3 || dice < 0.15) return 'starting'
  if (dice < 0.3) return 'stopping'
  return dice < 0.35 ? 'stopped' : 'playing'
}

async function act(child: Child, plan: End, loaded: Promise<void>, random: Random): Promise<void> {
  await loaded
  // So much is done and acknowledged before the end, however fast the machine is.
  const changes = 10 + Math.floor(random.number() * 90)
  let seen = 0
  await Promise.all([child.next('do', () => ++seen >= changes), child.next('ok')])
  await pass(random.number() * 8)
  if (plan === 'playing') return
  const stopping = child.next('stopping')
  child.tell('stop')
  if (plan === 'stopped') return child.ended
  await stopping
  await pass(random.number() * 8)
}
