/** Prints the numbers that players send, and answers each with a greeting. `server.ts [port]` */
import { createServer } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { Player } from './model.ts'

class ServerPlayer extends Player {
  override test(num: number) {
    console.log(`Player ${this.id} sent ${num}.`)
    this.send.greet(`Hello, player ${this.id}! The server has your ${num}.`)
  }
}

const port = Number(process.argv[2] ?? 7201)
const server = createServer({
  classes: [ServerPlayer],
  avatar: ServerPlayer,
  transports: [websocket({ port })],
})

const [url] = await server.start().catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
console.log(`The server listens at ${url}; Ctrl+C stops it.`)
process.once('SIGINT', () => server.stop())
