/** Calls that wait behind an async handler, when their object is deleted: nobody waits for ever. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, Rejected, type uint8 } from 'fieldcast'
import { onEveryWire } from '../support/stage.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Gate extends NetworkObject {
  @field(Flags.ClientSend)
  open(): void | Promise<void> {}

  @field(Flags.ClientSend)
  async toll(coins: uint8): Promise<uint8> {
    return coins
  }
}

class ServerGate extends Gate {
  override open(): Promise<void> {
    return new Promise(() => {})
  }
}

onEveryWire('an object deleted while a handler of it never ends', start => {
  it('refuses the requests that wait, of clients and of the server, at once', async () => {
    const world = await start({ server: { classes: [ServerGate] }, client: { classes: [Gate] } })
    const gate = world.server.create(ServerGate, null, { zone: 0 })
    const ann = await world.join()
    const seen = ann.objects.get(gate.id) as Gate
    seen.send.open()
    const asked = [seen.send.toll(1), seen.send.toll(2)]
    await world.settle()
    asked.push(gate.send.toll(3))
    gate.delete()
    for (const answer of asked) {
      const error = await world.until(answer.catch((reason: unknown) => reason))
      expect(error).to.be.instanceOf(Rejected)
      expect((error as Rejected).reason).to.equal('deleted')
    }
    expect(ann.connected).to.equal(true)
  })
})
