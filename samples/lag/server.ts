/** Measures how long each client takes to answer. `server.ts [port] [host]` */
import { type ActionData, ActionServer, Channel } from 'fieldcast/actions/server'

class LagChannel extends Channel {
  #count = 0
  #sentAt = 0

  ping() {
    this.#sentAt = performance.now()
    this.send({ action: 'ping', count: ++this.#count })
  }

  Network_ping({ count }: ActionData) {
    // What a client says is checked: a count that was not sent, or was answered before, measures nothing.
    if (count !== this.#count) return
    console.log(`Client ${this.id}: round trip ${count} took ${(performance.now() - this.#sentAt).toFixed(1)} ms.`)
    this.ping()
  }

  override onClose() {
    console.log(`Client ${this.id} has gone.`)
  }
}

class LagServer extends ActionServer<LagChannel> {
  override connected(channel: LagChannel, address: string) {
    console.log(`Client ${channel.id} has come from ${address}.`)
    channel.ping()
  }
}

// The host 0.0.0.0 lets others in your network connect.
const [port, host] = process.argv.slice(2)
const server = new LagServer({
  channel: LagChannel,
  ...(port !== undefined && { port: Number(port) }),
  ...(host !== undefined && { host }),
})

const [url] = await server.start().catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
console.log(`The server listens at ${url}; Ctrl+C stops it.`)
process.once('SIGINT', () => server.stop())
