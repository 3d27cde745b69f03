/** Random play, held against a naive model of what each client ought to see. Law 4: a client's view is exact. */
import { expect } from 'chai'
import { manySeeds, play } from '../support/play.ts'

describe('the view equals the model', () => {
  it('Z19 After any random sequence of creates, moves, calls, ownership changes, joins and leaves, once quiet, each client’s view equals a naive model’s', () =>
    manySeeds(1, seed => play(seed, 200)))

  it('Z19 … under latency and jitter, with and without ticks of the server’s own', () =>
    manySeeds(1000, seed => play(seed, 200, { latency: 5 + (seed % 60), jitter: (seed * 7) % 50 })))

  it('Z19 … while connections break by chance', () =>
    manySeeds(2000, async seed => {
      await play(seed, 200, { latency: 20, jitter: 30, disconnectsPerMinute: 120 })
    }))

  it('Z19 … while connections are lost for a while', async () => {
    let all = 0
    await manySeeds(3000, async seed => {
      const { returns, freshes } = await play(seed, 400, { latency: 20, jitter: 10, resumeBytes: 1 << 20 })
      all += returns
      expect(freshes).to.equal(0)
    })
    expect(all).to.be.greaterThan(10)
  })

  it('Z19 … and for longer than what they miss is kept', async () => {
    let all = 0
    await manySeeds(4000, async seed => {
      const { freshes } = await play(seed, 400, { latency: 20, jitter: 10, resumeBytes: [1, 200, 1000][seed % 3]! })
      all += freshes
    })
    expect(all).to.be.greaterThan(10)
  })

  it('two worlds of the same seed give byte-identical traces, another seed another one', async () => {
    const weather = { latency: 20, jitter: 30, disconnectsPerMinute: 60, trace: true }
    const traceOf = async (seed: number): Promise<string[]> => {
      const { world } = await play(seed, 300, weather)
      return world.trace.map(
        ({ at, client, to, bytes }) => `${at} ${client} ${to} ${Buffer.from(bytes).toString('hex')}`,
      )
    }
    const first = await traceOf(42)
    expect(first.length).to.be.greaterThan(100)
    expect(await traceOf(42)).to.deep.equal(first)
    expect(await traceOf(43)).not.to.deep.equal(first)
  })
})
