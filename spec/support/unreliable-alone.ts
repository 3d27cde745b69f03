/** A whole game whose class has an Unreliable field and no Latest one, over plain `connect`: it prints what the client hears. */
import { Flags, field, NetworkObject, networkClass, type uint16 } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { createServer } from 'fieldcast/server'
import { memory } from 'fieldcast/transports/memory'

let heard = (): void => {}

@networkClass(10)
class Torch extends NetworkObject {
  @field(Flags.Broadcast | Flags.Unreliable)
  spark(n: uint16): void {
    console.log(`spark ${n}`)
    heard()
  }
}

class ServerTorch extends Torch {
  override spark(_n: uint16): void {}
}

const wire = memory()
const server = createServer({ classes: [ServerTorch], avatar: ServerTorch, transports: [wire], tickRate: 0 })
await server.start()
const client = await connect('memory:', { classes: [Torch], transport: wire })
const over = new Promise<void>(resolve => {
  heard = resolve
  client.on('close', ({ reason }) => {
    console.log(`closed: ${reason}`)
    resolve()
  })
})
const [torch] = server.objects.of(ServerTorch)
torch!.send.spark(7)
await over
client.close()
await server.stop()
