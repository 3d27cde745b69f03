/** Objects that nobody uses: what they weigh, and that they are found, listed and deleted like any others. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { Flags, field, type float32, NetworkObject, networkClass, Registry } from 'fieldcast'
import { createServer, type Server } from 'fieldcast/server'
import { World } from 'fieldcast/testing'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const registry = new Registry()

@networkClass(10, { registry })
class Stone extends NetworkObject {
  x = 0
  y = 0

  @field(Flags.Broadcast | Flags.RAM)
  moveTo(x: float32, y: float32) {
    this.x = x
    this.y = y
  }
}

class BareStone {
  readonly id: number
  zone: number | null = 0
  owner: object | null = null
  x = 0
  y = 0

  constructor(id: number) {
    this.id = id
  }
}

/** Bytes that `make` leaves alive. */
function keptBy(make: () => unknown): number {
  const used = (): number => {
    for (let i = 0; i < 3; i++) collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const before = used()
  const kept = make()
  const bytes = used() - before
  // Used, so that it lives until here.
  expect(typeof kept).to.equal('object')
  return bytes
}

const count = 100_000

describe('An idle object', () => {
  let server: Server

  beforeEach(async () => {
    server = createServer({ classes: [Stone], transports: [], tickRate: 'manual', limits: { graceMs: 0, resumeMs: 0 } })
    await server.start()
  })

  afterEach(() => server.stop())

  it('takes hardly more than one and a half times a bare one with a Map entry', async function () {
    this.timeout(60_000)
    const fill = (init: ((stone: Stone) => void) | null) => () => {
      for (let i = 0; i < count; i++) server.create(Stone, init, { zone: i % 100 })
      return server
    }
    const idle = keptBy(fill(null))
    const kept = keptBy(fill(stone => stone.send.moveTo(1, 2)))
    const bare = keptBy(() => {
      const map = new Map<number, BareStone>()
      for (let i = 0; i < count; i++) map.set(i, new BareStone(i))
      return map
    })
    this.test!.title += `: ${Math.round(idle / count)} bytes to ${Math.round(bare / count)}`
    // 1.5 with zones that are full to the room their arrays have; one more word for each object would be 1.6.
    expect(idle / bare).to.be.lessThan(1.55)
    // With one kept value, which it has been sent: its record, its store, and what `send` gives.
    expect(kept / bare).to.be.lessThan(6)
  })

  it('leaves nothing behind when it is deleted', async function () {
    this.timeout(60_000)
    const round = (): void => {
      const stones = Array.from({ length: 20_000 }, (_, i) => server.create(Stone, null, { zone: i }))
      for (const stone of stones) stone.delete()
    }
    round()
    expect(keptBy(() => (round(), server))).to.be.lessThan(20_000 * 20)
    expect([...server.objects]).to.deep.equal([])
    expect(server.objects.size).to.equal(0)
  })
})

describe('The objects of a server', () => {
  it('may be deleted and made while they are listed', async () => {
    const world = await World.start({ server: { classes: [Stone] }, client: { classes: [Stone] } })
    const { server } = world
    const stones = Array.from({ length: 300 }, () => server.create(Stone, null, { zone: 0 }))
    const far = server.create(Stone, null, { id: 0xffffffff })
    const seen: NetworkObject[] = []
    for (const object of server.objects) {
      seen.push(object)
      if (seen.length === 1) for (const stone of stones.slice(100, 200)) stone.delete()
      if (seen.length === 2) stones.push(server.create(Stone, null, { zone: 0 }))
      object.delete()
    }
    expect(new Set(seen)).to.deep.equal(new Set([...stones.slice(0, 100), ...stones.slice(200), far]))
    expect(seen).to.have.length(202)
    expect(server.objects.size).to.equal(0)
    await world.stop()
  })

  it('are found by their whole id alone', async () => {
    const world = await World.start({ server: { classes: [Stone] }, client: { classes: [Stone] } })
    const stone = world.server.create(Stone, null, { id: 77 })
    const last = world.server.create(Stone, null, { id: 0xffffffff })
    expect(world.server.objects.get(77)).to.equal(stone)
    expect(world.server.objects.get(0xffffffff)).to.equal(last)
    for (const other of [0, 76, 78, 77 + 2 ** 32, 77.5, -1, 2 ** 33 - 1, Number.NaN])
      expect(world.server.objects.get(other), String(other)).to.equal(undefined)
    await world.stop()
  })
})
