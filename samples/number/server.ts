/** Keeps the numbers. `server.ts [port] [host]` */
import { createServer, Reject } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { SharedNumber } from './model.ts'

class ServerNumber extends SharedNumber {
  override setInitValue(value: number) {
    this.send.setCurrentValue(value)
  }

  override async addValue(value: number) {
    const sum = this.value + value
    if (sum !== (sum | 0)) throw new Reject(`overflow: ${this.value} + ${value} does not fit into 32 bits`)
    this.send.setCurrentValue(sum)
  }

  override setCurrentValue(value: number) {
    super.setCurrentValue(value)
    console.log(`Number ${this.id} is ${value}.`)
  }
}

// The host 0.0.0.0 lets others in your network connect.
const [port = '7203', host] = process.argv.slice(2)
const server = createServer({
  classes: [ServerNumber],
  transports: [websocket({ port: Number(port), ...(host !== undefined && { host }) })],
})

const [url] = await server.start().catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
console.log(`The server listens at ${url}; Ctrl+C stops it.`)
process.once('SIGINT', () => server.stop())
