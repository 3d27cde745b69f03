/** Random and mutated frames from clients: the server stays up, others notice nothing, nothing is left behind. Seeded: a failure names its seed. */
import { expect } from 'chai'
import { World } from 'fieldcast/testing'
import { type Random, seededRandom } from '../../lib/base/random.ts'
import { putPong } from '../../lib/protocol/messages.ts'
import { Intruder, written } from '../support/intruder.ts'
import { mutated, randomFrame } from '../support/noise.ts'
import type { RawClient } from '../support/raw-client.ts'
import { inParallel, Siege, siegeClasses, validFrames } from '../support/siege.ts'
import { onEveryWire, type Start } from '../support/stage.ts'

const overMemory: Start = options => World.start(options)

/** Sends so many frames over connections that are opened again when the server closes them. */
async function bombard(
  siege: Siege,
  frames: number,
  random: Random,
  next: (valid: readonly Uint8Array[]) => Uint8Array,
  handshake: boolean,
): Promise<void> {
  let left = frames
  await inParallel(Array(32).keys(), async () => {
    let raw: RawClient | null = null
    let valid: Uint8Array[] = []
    while (left > 0) {
      if (!raw || raw.ended) {
        // Some at each step of the handshake.
        const step = handshake ? Math.floor(random.number() * 3) : 2
        if (step === 2) {
          const intruder = await Intruder.join(siege.world, siegeClasses)
          raw = intruder.raw
          valid = Object.values(validFrames(siege, intruder))
          valid.push(written(w => putPong(w, 1, 2)))
        } else {
          raw = await siege.stranger()
          if (step === 1) raw.select(siege.world.server.schemaHash)
        }
      }
      // Several at a time: what follows the frame that ends a connection is not heard.
      for (let i = 0; i < 8 && left > 0; i++, left--) raw.send(next(valid))
      await siege.heard(raw)
    }
    raw?.abort()
  })
}

describe('10,000 frames over memory', () => {
  for (const violations of ['ignore', 'close'] as const) {
    it(`of random bytes harm nobody, where violations ${violations}`, async () => {
      const siege = await Siege.start(overMemory, { violations })
      const random = seededRandom(violations.length)
      await bombard(siege, 10_000, random, () => randomFrame(random), violations === 'close')
      expect(siege.violations.length).to.be.greaterThan(500)
      await siege.unharmed()
    })

    it(`that good ones were mutated into harm nobody, where violations ${violations}`, async () => {
      const siege = await Siege.start(overMemory, { violations })
      const random = seededRandom(100 + violations.length)
      await bombard(
        siege,
        10_000,
        random,
        valid => (valid.length > 0 ? mutated(valid, random) : randomFrame(random)),
        violations === 'close',
      )
      expect(siege.violations.length).to.be.greaterThan(500)
      expect(new Set(siege.violations.map(({ reason }) => reason))).to.include.keys(
        'malformed',
        'bad-arguments',
        'no-object',
        'no-field',
        'wrong-direction',
      )
      await siege.unharmed()
    })
  }
})

onEveryWire('1,000 frames', start => {
  it('of random bytes and mutated ones harm nobody', async () => {
    const siege = await Siege.start(start)
    const random = seededRandom(7)
    await bombard(siege, 500, random, () => randomFrame(random), true)
    await bombard(siege, 500, random, valid => (valid.length > 0 ? mutated(valid, random) : randomFrame(random)), true)
    await siege.unharmed()
  })
})
