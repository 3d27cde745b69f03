/** Gives text back and tells its time, until a client or Ctrl+C stops it. `server.ts [port] [host]` */
import { createServer, Reject } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { Echo, Ping, Quit, Stop, talk } from './model.ts'

// The host 0.0.0.0 lets others in your network connect.
const [port = '7204', host] = process.argv.slice(2)
if (!/^\d+$/.test(port)) fail(`The port is a number, not ${port}: server.ts [port] [host]`)
const server = createServer({
  classes: [],
  messages: talk,
  transports: [websocket({ port: Number(port), ...(host !== undefined && { host }) })],
})

server.messages.on(Echo, ({ text }) => text)

// The clock that clients know as client.serverTime.
server.messages.on(Ping, () => server.time)

server.messages.on(Quit, ({ why }, client) => {
  client.context.why = clean(why)
})

server.messages.on(Stop, (_, client) => {
  if (!['127.0.0.1', '::1'].includes(client.address)) throw new Reject('only this machine stops the server')
  console.log(`Client ${client.id} stops the server.`)
  // Behind the answer.
  setImmediate(() => server.stop())
})

server.on('connect', ({ client }) => console.log(`Client ${client.id} has come.`))
server.on('close', ({ client, text }) => {
  if (client) console.log(`Client ${client.id} has gone: ${client.context.why ?? text}`)
})

/** Without control characters, which could steer this terminal. */
function clean(text: string) {
  return text.replace(/\p{C}/gu, '').trim()
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

const [url] = await server.start().catch((error: Error) => fail(error.message))
process.once('SIGINT', () => server.stop())
console.log(`The server listens at ${url}; Ctrl+C stops it.`)
