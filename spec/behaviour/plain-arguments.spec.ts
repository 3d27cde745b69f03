/** Plain arguments of a send of the server's own are not written and read back for its handler: they must come to the same all the same. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  Flags,
  field,
  type float32,
  type int8,
  type int16,
  type int32,
  NetworkObject,
  networkClass,
  Registry,
  type uint8,
  type uint16,
  type uint32,
  type varint,
} from 'fieldcast'
import { World } from 'fieldcast/testing'

const registry = new Registry()

@networkClass(10, { registry })
class Gauge extends NetworkObject {
  heard: unknown[] = []

  @field(Flags.Broadcast)
  small(...values: [int8, int16, int32]) {
    this.heard = values
  }

  @field(Flags.Broadcast)
  whole(a: uint8, b: uint16, c: uint32, d: varint) {
    this.heard = [a, b, c, d]
  }

  @field(Flags.Broadcast)
  real(a: float32, b: number, c: boolean, d: null) {
    this.heard = [a, b, c, d]
  }

  @field(Flags.Broadcast | Flags.RAM)
  mixed(a: float32, b: string, c: int16) {
    this.heard = [a, b, c]
  }
}

describe('A send of the server', () => {
  const stage = async () => {
    const world = await World.start({ server: { classes: [Gauge] }, client: { classes: [Gauge] } })
    const ours = world.server.create(Gauge, null, { zone: 0 })
    const ann = await world.join()
    const theirs = ann.objects.of(Gauge)[0]!
    return { world, ours, theirs }
  }

  it('gives its handler what a client’s handler gets, to the sign of zero and the last bit', async () => {
    const { world, ours, theirs } = await stage()
    const whole = (min: number, max: number) => fc.oneof(fc.integer({ min, max }), fc.constantFrom(0, -0, min, max))
    const real = fc.oneof(fc.double(), fc.constantFrom(-0, 0.1, 1e39, Number.MIN_VALUE, 2 ** -149, 16777217))
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(whole(-0x80, 0x7f), whole(-0x8000, 0x7fff), whole(-0x80000000, 0x7fffffff)),
        fc.tuple(whole(0, 0xff), whole(0, 0xffff), whole(0, 0xffffffff), fc.maxSafeInteger()),
        fc.tuple(real, real, fc.boolean(), fc.constant(null)),
        fc.tuple(real, fc.string(), whole(-0x8000, 0x7fff)),
        async (small, wholes, reals, mixed) => {
          for (const send of [
            () => ours.send.small(...small),
            () => ours.send.whole(...wholes),
            () => ours.send.real(...reals),
            () => ours.send.mixed(...mixed),
          ]) {
            send()
            const here = ours.heard
            await world.settle()
            expect(theirs.heard.length).to.equal(here.length)
            for (const [i, value] of here.entries())
              expect(Object.is(value, theirs.heard[i]), `${value}, ${theirs.heard[i]}`).to.equal(true)
          }
        },
      ),
      { numRuns: 150 },
    )
    await world.stop()
  })

  it('leaves an array of its caller’s as it was', async () => {
    const { world, ours } = await stage()
    const values: [number, number, boolean, null] = [0.1, 0.1, true, null]
    ours.send.real(...values)
    expect(values).to.deep.equal([0.1, 0.1, true, null])
    expect(ours.heard).to.deep.equal([Math.fround(0.1), 0.1, true, null])
    await world.stop()
  })
})
