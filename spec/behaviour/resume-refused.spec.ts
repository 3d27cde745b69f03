/** Frames that a server refuses and does not punish are behind it all the same: a session that goes on repeats none. Rules 10 and 26 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, type str, type uint16 } from 'fieldcast'
import { World } from 'fieldcast/testing'
import { record } from '../support/outcome.ts'

@networkClass(10, { registry: new Registry() })
class Player extends NetworkObject {
  readonly counted: number[] = []

  @field(Flags.OwnerSend)
  count(n: uint16): void {
    this.counted.push(n)
  }

  @field(Flags.OwnerSend)
  write(_text: str<200_000>): void {}
}

describe('a frame that was refused because it was too much', () => {
  it('is not what makes the next ones come twice after a loss', async () => {
    const world = await World.start<Player>({
      server: { classes: [Player], avatar: Player, violations: 'ignore', limits: { bytesPerSecond: 10_000 } },
      client: { classes: [Player] },
      latency: 5,
    })
    const client = await world.join()
    const violations = record(world.server, 'violation')
    // The first fills the rate, the others are over it.
    for (let i = 0; i < 3; i++) {
      client.avatar.send.write('x'.repeat(30_000))
      await world.settle()
    }
    expect(violations.map(({ reason }) => reason)).to.deep.equal(['rate', 'rate'])
    // Long enough to afford more, too short for a heartbeat to acknowledge the last ones.
    await world.run(20_000)
    for (let n = 1; n <= 5; n++) {
      client.avatar.send.count(n)
      await world.settle()
    }
    await world.cut(client)
    await world.restore(client)
    client.avatar.send.count(6)
    await world.settle()
    expect((world.server.objects.get(client.avatar.id) as Player).counted).to.deep.equal([1, 2, 3, 4, 5, 6])
    await world.stop()
  })
})
