/** The room in a terminal: a line is said, a /command is not. `client.ts [name] [url]` */
import { createInterface } from 'node:readline'
import { Rejected } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { query } from 'fieldcast/query'
import { Join, Line, Nick, Notice, Players, Say, talk, Whisper } from './model.ts'

const help = `/join NAME        comes into the room
/nick NAME        changes the name
/whisper NAME ... tells one person alone
/ping             how far the server is, and how many are in the room
/help             this text
/quit             leaves
Anything else is said.`

const [wish, url = 'ws://localhost:7205'] = process.argv.slice(2)
if (wish?.includes('://')) fail(`A name comes first, then the url: client.ts ann ${wish}`)
const client = await connect(url, { classes: [], messages: talk }).catch((error: Error) => fail(error.message))
const { messages } = client

messages.on(Line, ({ from, text, whispered }) => console.log(`${from}${whispered ? ' whispers' : ''}: ${text}`))
messages.on(Notice, ({ text }) => console.log(`* ${text}`))
messages.on(Players, ({ names }) => console.log(`In the room: ${names.join(', ')}`))

async function join(name: string) {
  console.log(`You are ${await messages.ask(Join, { name })}.`)
}

async function whisper(words: string) {
  const [to = '', ...rest] = words.split(' ')
  const text = rest.join(' ')
  await messages.ask(Whisper, { to, text })
  console.log(`To ${to}: ${text}`)
}

async function ping() {
  const { latency, data, maxPlayers } = await query(url)
  console.log(`${latency.toFixed(2)} ms, ${data.users} of ${maxPlayers} people are in the room.`)
}

async function run(line: string) {
  const [, command, words = ''] = /^\s*(\/\S*)\s*(.*?)\s*$/.exec(line) ?? []
  switch (command) {
    case undefined:
      return messages.ask(Say, { text: line })
    case '/join':
      return join(words)
    case '/nick':
      return console.log(`You are now ${await messages.ask(Nick, { name: words })}.`)
    case '/whisper':
      return whisper(words)
    case '/ping':
      return ping()
    default:
      console.log(help)
  }
}

function warn(error: Error) {
  const reason = error instanceof Rejected ? error.reason : null
  console.warn(
    `Warning: ${reason === 'wrong-state' ? 'not now. /join NAME comes in, once' : (reason ?? error.message)}`,
  )
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

const terminal = createInterface({ input: process.stdin })
// From here on no line is lost, whatever is awaited.
const lines = terminal[Symbol.asyncIterator]()
client.on('close', ({ reason, text }) => {
  if (reason !== 'normal') console.log(`The connection has ended: ${text}`)
  terminal.close()
})
process.once('SIGINT', () => client.close())
if (wish) await join(wish).catch(warn)
else console.log('You are outside: /join NAME comes in, /help tells more.')
for await (const line of lines) {
  if (line.trim() === '/quit') break
  await run(line).catch(warn)
}
client.close()
