/**
 * Every decoder takes random bytes and honest ones with something wrong: what comes of it is documented, or the run fails with the bytes and the seed.
 * FIELDCAST_FUZZ multiplies the inputs, FIELDCAST_FUZZ_SEED repeats a run. For hours: `npm run fuzz`.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import fc from 'fast-check'
import { messageTargets } from './messages.ts'
import { inputsFor } from './target.ts'
import { wireTargets } from './wires.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const factor = Number(process.env['FIELDCAST_FUZZ'] ?? 1)
const seed = Number(process.env['FIELDCAST_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** Most that a target may still hold when its inputs have been taken, bytes. */
const mostKept = 48 << 20

const held = (): number => {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

describe(`Fuzzing (seed ${seed})`, () => {
  for (const { name, runs, open } of [...messageTargets, ...wireTargets])
    it(`${name}: random and mutated bytes end as documented, and leave nothing`, async function () {
      this.timeout(60_000 * Math.max(1, factor))
      const faults: unknown[] = []
      const note = (fault: unknown): void => void faults.push(fault)
      process.on('unhandledRejection', note)
      process.on('uncaughtException', note)
      try {
        const { corpus, take, close } = await open()
        const before = held()
        const property = fc.asyncProperty(inputsFor(corpus), async bytes => {
          await take(bytes)
          if (faults.length > 0) throw faults[0]
        })
        // What a run says of a failure has the seed, the path to the input, and the input itself.
        await fc.assert(property, { seed, numRuns: Math.ceil(runs * factor), endOnFailure: false })
        await close()
        expect(held() - before, 'bytes that are kept').to.be.below(mostKept)
        expect(faults).to.deep.equal([])
      } finally {
        process.off('unhandledRejection', note)
        process.off('uncaughtException', note)
      }
    })
})
