/** A client whose own constructor failed has lost an object: calls to it are dropped, and it is asked for again, at most every 2 s. */
import { expect } from 'chai'
import { Flags, field, type int16, NetworkObject, networkClass, Registry } from 'fieldcast'
import { World } from 'fieldcast/testing'

const registry = new Registry()

@networkClass(10, { registry })
class Lamp extends NetworkObject {
  level = 0

  @field(Flags.Broadcast | Flags.RAM)
  setLevel(level: int16) {
    this.level = level
  }
}

let broken = true

class FragileLamp extends Lamp {
  constructor() {
    super()
    if (broken) throw new Error('no bulb')
  }
}

describe('A lost object', () => {
  beforeEach(() => {
    broken = true
  })

  it('is told as an error, skipped without harm to what follows, and comes back whole when it is called', async () => {
    const world = await World.start({ server: { classes: [Lamp] }, client: { classes: [FragileLamp] } })
    const lost = world.server.create(Lamp, lamp => lamp.send.setLevel(1), { zone: 0 })
    const events: string[] = []
    const ann = await world.join(null, {
      on: {
        error: ({ where }) => events.push(`error ${where}`),
        dropped: ({ object, field, why }) => events.push(`dropped ${object} ${field} ${why}`),
        enter: ({ object }) => events.push(`enter ${object.id}`),
      },
    })
    expect(events).to.deep.equal(['error new FragileLamp()'])
    broken = false
    const sound = world.server.create(Lamp, null, { zone: 0 })
    lost.send.setLevel(2)
    sound.send.setLevel(3)
    await world.settle()
    expect(events).to.deep.equal([
      'error new FragileLamp()',
      `enter ${sound.id}`,
      `dropped ${lost.id} Lamp.setLevel unknown-object`,
      `enter ${lost.id}`,
    ])
    expect(ann.objects.of(Lamp).map(lamp => [lamp.id, lamp.level])).to.have.deep.members([
      [lost.id, 2],
      [sound.id, 3],
    ])
    await world.stop()
  })

  it('is asked for at most every 2 seconds', async () => {
    const world = await World.start({ server: { classes: [Lamp] }, client: { classes: [FragileLamp] }, trace: true })
    const lost = world.server.create(Lamp, null, { zone: 0 })
    await world.join(null, { on: { error: () => {} } })
    const fetches = (): number => world.trace.filter(({ to, bytes }) => to === 'server' && bytes[0] === 0x17).length
    for (let i = 0; i < 10; i++) {
      lost.send.setLevel(i)
      await world.settle()
      await world.run(100)
    }
    expect(fetches()).to.equal(1)
    await world.run(1000)
    lost.send.setLevel(10)
    await world.settle()
    expect(fetches()).to.equal(2)
    await world.stop()
  })
})
