/** Sends what is typed, and shows what comes back. `client.ts [url]` */
import { createInterface } from 'node:readline'
import { connect } from 'fieldcast/client'
import { Echo, Ping, Quit, Stop, talk } from './model.ts'

const url = process.argv[2] ?? 'ws://localhost:7204'
const client = await connect(url, { classes: [], messages: talk }).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})

async function ping() {
  // Sets this side's idea of the server's clock right.
  await client.ping()
  const sent = client.serverTime
  const received = await client.messages.ask(Ping, {})
  const total = client.serverTime - sent
  // The clocks agree to half a round trip: the parts cannot be more than the whole.
  const there = Math.min(Math.max(received - sent, 0), total)
  console.log(`${total.toFixed(2)} ms in all: ${there.toFixed(2)} there, ${(total - there).toFixed(2)} back`)
}

async function run(line: string) {
  switch (line.trim()) {
    case 'ping':
      return ping()
    case 'stop':
      return client.messages.ask(Stop, {})
    default:
      console.log(await client.messages.ask(Echo, { text: line }))
  }
}

function quit(why: string) {
  client.messages.send(Quit, { why: [...why].slice(0, 100).join('') })
  client.close()
}

const terminal = createInterface({ input: process.stdin })
client.on('close', ({ reason, text }) => {
  if (reason !== 'normal') console.log(`The connection has ended: ${text}`)
  terminal.close()
})
process.once('SIGINT', () => quit('Ctrl+C'))
console.log(`Connected to ${url} as client ${client.id}. TEXT, ping, quit [why] or stop?`)
let why = 'nothing more to say'
for await (const line of terminal) {
  const words = line.trim()
  if (words === 'quit' || words.startsWith('quit ')) {
    why = words.slice(5) || 'the user wants it'
    break
  }
  await run(line).catch((error: Error) => console.warn(`Warning: ${error.message}`))
}
quit(why)
