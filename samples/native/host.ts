/** The same, open to others: this process's player on a wire inside it, theirs on sockets. `host.ts [port] [host]` */
import { memory } from 'fieldcast/transports/memory'
import { websocket } from 'fieldcast/transports/websocket'
import { fail, open } from './game.ts'
import { play } from './player.ts'

// The host 0.0.0.0 lets others in your network connect.
const [port = '7206', host] = process.argv.slice(2)
if (!/^\d+$/.test(port)) fail(`The port is a number, not ${port}: host.ts [port] [host]`)

const wire = memory()
const sockets = websocket({ port: Number(port), ...(host !== undefined && { host }) })
const { server, urls } = await open({ transports: [wire, sockets] })
console.log(`Others join by: join.ts ${urls[1]}`)
await play('memory:', { transport: wire })
await server.stop()
