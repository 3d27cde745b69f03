/** A game server as a process. `node … transfer-server.ts SHARD [STORE]`; it prints its url, and a line `go URL` sends its first client there. */
import { createInterface } from 'node:readline'
import { createServer } from 'fieldcast/server'
import { storeByUrl } from 'fieldcast/stores'
import { websocket } from 'fieldcast/transports/websocket'
import { Traveller, travellersAvatar } from './transfer-model.ts'

const [shard = 'main', store] = process.argv.slice(2)
const server = createServer({
  classes: [Traveller],
  avatar: Traveller,
  tickRate: 0,
  transports: [websocket({ port: 0, host: '127.0.0.1' })],
  transfer: { key: 'the key that all servers of a deployment share' },
  login: name => {
    console.log(`login ${name}`)
    return { id: String(name), ...(store !== undefined && { avatar: travellersAvatar }) }
  },
  ...(store !== undefined && { store: storeByUrl(store), storage: { shard } }),
})
server.on('connect', ({ client }) => console.log(`connect ${client.account} ${JSON.stringify(client.context)}`))
server.on('close', ({ reason }) => console.log(`close ${reason}`))
const [url] = await server.start()
console.log(`listening ${url}`)
const lines = createInterface({ input: process.stdin }).on('line', async line => {
  const [client] = server.clients.values()
  client!.context.from = shard
  await client!.transfer(line.split(' ')[1]!)
  console.log(`gone, ${server.objects.size} objects left`)
})
process.once('SIGINT', () => {
  lines.close()
  void server.stop()
})
