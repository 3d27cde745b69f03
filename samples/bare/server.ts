/** Prints the numbers that players send, and answers each with a greeting. `server.ts [port] [host]` */
import { createServer } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { Player } from './model.ts'

class ServerPlayer extends Player {
  override test(num: number) {
    console.log(`Player ${this.id} sent ${num}.`)
    this.send.greet(`Hello, player ${this.id}! The server has your ${num}.`)
  }
}

// The host 0.0.0.0 lets others in your network connect.
const [port = '7201', host] = process.argv.slice(2)
const server = createServer({
  classes: [ServerPlayer],
  avatar: ServerPlayer,
  transports: [websocket({ port: Number(port), ...(host !== undefined && { host }) })],
})

const [url] = await server.start().catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
console.log(`The server listens at ${url}; Ctrl+C stops it.`)
process.once('SIGINT', () => server.stop())
