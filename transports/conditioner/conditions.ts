/** What a network does to what is sent: the options of a conditioner, checked, one set for each direction. */
import type { Clock } from '../../lib/base/clock.ts'
import { UsageError } from '../../lib/base/errors.ts'
import type { Random } from '../../lib/base/random.ts'
import type { Conditions } from './one-way.ts'
import { type Profile, type ProfileName, profiles } from './profiles.ts'

export type { Conditions } from './one-way.ts'

/** Options of `conditioner`: those of a profile, then those given here for both directions, then those for one. */
export interface ConditionerOptions extends Conditions {
  /** A network by name; the others change it. @default none: a perfect one */
  readonly profile?: ProfileName
  /** From clients to the server. */
  readonly up?: Conditions
  /** From the server to clients. */
  readonly down?: Conditions
  /** How often each connection breaks by chance, per minute. @default the profile's, else 0 */
  readonly disconnectsPerMinute?: number
  /** Hands datagrams that the network doubled up twice, which no transport may: for tests of what reads them. @default false */
  readonly raw?: boolean
  /** Equal seeds give equal runs, to the byte under virtual time. @default 1 */
  readonly seed?: number
  /** Chance, in place of `seed`. */
  readonly random?: Random
  /** Whose time the network runs on. @default the platform's */
  readonly clock?: Clock
}

export type Direction = 'up' | 'down'
export type Weather = Readonly<Record<Direction, Required<Conditions>>> & { readonly disconnectsPerMinute: number }

const calm: Required<Conditions> = {
  latency: 0,
  jitter: 0,
  loss: 0,
  burst: 1,
  reorder: 0,
  duplicates: 0,
  bandwidth: Number.POSITIVE_INFINITY,
  queue: 65_536,
}
const ranges: Readonly<Record<keyof Conditions, readonly [least: number, most: number, words: string]>> = {
  latency: [0, 600_000, 'ms, from 0 to 600,000'],
  jitter: [0, 600_000, 'ms, from 0 to 600,000'],
  loss: [0, 0.9, 'a share from 0 to 0.9'],
  burst: [1, 1e6, 'a number of packets, from 1'],
  reorder: [0, 1, 'a share from 0 to 1'],
  duplicates: [0, 1, 'a share from 0 to 1'],
  bandwidth: [1, Number.POSITIVE_INFINITY, 'bytes per second, from 1'],
  queue: [0, Number.POSITIVE_INFINITY, 'bytes, from 0'],
}
const names = Object.keys(calm) as (keyof Conditions)[]

/** @throws UsageError for an unknown profile, with the list of them, and for figures that no network has. */
export function weatherOf(options: ConditionerOptions): Weather {
  const { profile: name } = options
  if (name !== undefined && !Object.hasOwn(profiles, name))
    throw new UsageError(`There is no network '${name}'. There are ${Object.keys(profiles).join(', ')}.`)
  const profile: Profile = name === undefined ? {} : profiles[name]
  const disconnectsPerMinute = options.disconnectsPerMinute ?? profile.disconnectsPerMinute ?? 0
  check('disconnectsPerMinute', disconnectsPerMinute, [0, 60_000, 'a number from 0 to 60,000'])
  const towards = (direction: Direction): Required<Conditions> => {
    const all = { ...calm }
    for (const given of [profile, profile[direction], options, options[direction]])
      for (const key of names) {
        const value = given?.[key]
        if (value === undefined) continue
        check(key, value, ranges[key])
        all[key] = value
      }
    // Without a word on bursts each packet is lost by itself.
    const chance = 1 / (1 - all.loss)
    const isNamed = [profile, profile[direction], options, options[direction]].some(given => given?.burst !== undefined)
    return { ...all, burst: isNamed ? Math.max(all.burst, all.loss * chance) : chance }
  }
  return { up: towards('up'), down: towards('down'), disconnectsPerMinute }
}

function check(name: string, value: unknown, [least, most, words]: readonly [number, number, string]): void {
  if (typeof value === 'number' && value >= least && value <= most) return
  throw new UsageError(`A network's ${name} is ${words}, not ${JSON.stringify(value)}.`)
}
