/** The same random play with zones that open in slices of a few objects, so that everything happens between any two of them. */
import { manySeeds, play } from '../support/play.ts'

describe('the view equals the model where zones open in slices', () => {
  it('Z19 After any random sequence, once quiet, each client’s view equals a naive model’s', () =>
    manySeeds(3000, seed => play(seed, 240, { slice: 1 + (seed % 4) })))

  it('Z19 … under latency and jitter', () =>
    manySeeds(4000, seed =>
      play(seed, 240, { slice: 1 + (seed % 4), latency: 5 + (seed % 60), jitter: (seed * 7) % 50 }),
    ))

  it('Z19 … while connections break by chance', () =>
    manySeeds(5000, seed =>
      play(seed, 240, { slice: 1 + (seed % 4), latency: 20, jitter: 30, disconnectsPerMinute: 120 }),
    ))
})
