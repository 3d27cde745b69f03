/** What nobody listens to is not lost in silence: it is printed. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, Reject, type uint8 } from 'fieldcast'
import { World } from 'fieldcast/testing'
import { warnings } from '../support/quiet.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Bell extends NetworkObject {
  @field(Flags.OwnerSend)
  ring(times: uint8) {}
}

class ServerBell extends Bell {
  override ring(times: number) {
    if (times > 3) throw new Reject('too-loud')
  }
}

describe('What nobody listens to', () => {
  it('is printed: a veto, a violation, the end of a connection', async () => {
    const world = await World.start({
      server: { classes: [ServerBell], avatar: ServerBell, limits: { callsPerSecond: 5 } },
      client: { classes: [Bell] },
    })
    const ann = await world.join()
    warnings.length = 0
    ann.avatar.send.ring(9)
    await world.settle()
    expect(warnings).to.deep.equal(['fieldcast: Bell.ring was vetoed: too-loud'])
    for (let i = 0; i < 20; i++) ann.avatar.send.ring(1)
    await world.settle()
    expect(warnings.slice(1)).to.deep.equal([
      'fieldcast: rate by client 1 (own process): too many calls per second',
      'fieldcast: the connection has ended: Too many messages came in too short a time. (rate)',
    ])
    await world.stop()
  })

  it('is printed: a connection that is lost, and one that does not come back', async () => {
    const world = await World.start({
      server: { classes: [ServerBell], avatar: ServerBell },
      client: { classes: [Bell] },
      network: { latency: 10 },
    })
    const ann = await world.join()
    let left = 0
    ann.on('leave', () => left++)
    warnings.length = 0
    world.network!.cut()
    await world.run(1000)
    expect(ann.connected).to.equal(true)
    expect(warnings).to.deep.equal(['fieldcast: the connection is lost (lost). Trying again for 15 s.'])
    await world.lose(ann)
    await world.run(20_000)
    expect(warnings.slice(1)).to.deep.equal(['fieldcast: the connection has ended: lost'])
    // The view stays as it was last: rule 26 of docs/guarantees.md.
    expect([...ann.objects]).to.deep.equal([ann.avatar])
    expect(left).to.equal(0)
    await world.stop()
  })

  it('is not printed where somebody listens, nor a polite end', async () => {
    const world = await World.start({
      server: { classes: [ServerBell], avatar: ServerBell },
      client: { classes: [Bell] },
    })
    const ann = await world.join(null, { on: { vetoed: () => {} } })
    const bob = await world.join()
    warnings.length = 0
    ann.avatar.send.ring(9)
    bob.close()
    await world.settle()
    expect(warnings).to.deep.equal([])
    await world.stop()
  })
})
