/** The room: lets people in, passes on what they say, and tells them who is there. `server.ts [port] [host]` */
import { type Client, createServer, Reject } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { Join, Line, mostPeople, Nick, Notice, Players, Say, talk, Whisper } from './model.ts'

/** Those who have joined. */
const people = new Map<Client, string>()

// The host 0.0.0.0 lets others in your network connect.
const [port = '7205', host] = process.argv.slice(2)
if (!/^\d+$/.test(port)) fail(`The port is a number, not ${port}: server.ts [port] [host]`)
const server = createServer({
  classes: [],
  messages: talk,
  maxClients: mostPeople,
  name: 'packet-chat',
  // Whoever asks is told, also without a login: `fieldcast ping --json ws://localhost:7205`
  info: () => ({ users: people.size }),
  // Whose connection is lost for longer has left the room.
  limits: { resumeMs: 5000 },
  transports: [websocket({ port: Number(port), ...(host !== undefined && { host }) })],
})

server.on('connect', ({ client }) => {
  if (!server.messages.has(client)) client.kick('kicked', 'This room is for clients with messages.')
})

server.on('close', ({ client }) => {
  const name = client && people.get(client)
  if (!name) return
  people.delete(client)
  announce(`${name} has left.`)
})

server.messages.on(Join, ({ name: wish }, client) => {
  const name = nameFrom(wish, client)
  client.messages.mode = 'chat'
  people.set(client, name)
  announce(`${name} has come in.`, client)
  return name
})

server.messages.on(Nick, ({ name: wish }, client) => {
  const before = people.get(client)
  const name = nameFrom(wish, client)
  people.set(client, name)
  announce(`${before} is now ${name}.`, client)
  return name
})

server.messages.on(Say, ({ text }, client) => {
  const from = people.get(client)!
  const said = clean(text)
  if (!said) throw new Reject('nothing was said')
  console.log(`${from}: ${said}`)
  server.messages.send(Line, { from, text: said, whispered: false }, { to: people.keys() })
})

server.messages.on(Whisper, ({ to, text }, client) => {
  const [receiver] = [...people.keys()].filter(other => isSame(people.get(other)!, to))
  if (!receiver) throw new Reject(`nobody here is called ${clean(to)}`)
  receiver.messages.send(Line, { from: people.get(client)!, text: clean(text), whispered: true })
})

server.messages.onEvent('misplaced', ({ message, why, from }) =>
  console.log(`A ${message} of client ${from.id} was not taken: it ${why}.`),
)

/** Tells everyone in the room what has happened, and who is there now. */
function announce(text: string, except?: Client) {
  console.log(text)
  server.messages.send(Notice, { text }, { to: people.keys(), ...(except && { except }) })
  server.messages.send(Players, { names: [...people.values()] }, { to: people.keys() })
}

/** @throws Reject for a wish that makes no name, or somebody else's. */
function nameFrom(wish: string, client: Client) {
  const name = [...clean(wish).replace(/\s+/g, '_')].slice(0, 32).join('')
  if (!name) throw new Reject('a name needs a letter')
  for (const [other, taken] of people)
    if (other !== client && isSame(taken, name)) throw new Reject(`${taken} is here already`)
  return name
}

function isSame(one: string, other: string) {
  return one.toLowerCase() === other.toLowerCase()
}

/** Without control characters, which could steer another's terminal. */
function clean(text: string) {
  return text.replace(/\p{C}/gu, '').trim()
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

const [url] = await server.start().catch((error: Error) => fail(error.message))
process.once('SIGINT', () => server.stop())
console.log(`The room is open at ${url}; Ctrl+C closes it.`)
