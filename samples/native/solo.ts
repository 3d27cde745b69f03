/** One process: server and player on a wire inside it. `solo.ts` */
import { memory } from 'fieldcast/transports/memory'
import { open } from './game.ts'
import { play } from './player.ts'

const wire = memory()
const { server } = await open({ transports: [wire] })
await play('memory:', { transport: wire })
await server.stop()
