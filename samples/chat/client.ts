/** The room in a terminal: a line is said, a /command is not. `client.ts [name] [url]` */
import { createInterface } from 'node:readline'
import { connect } from 'fieldcast/client'
import { keyOf } from './key.ts'
import { type Line, Person, Room } from './model.ts'

const people = new Set<ChatPerson>()

class ChatPerson extends Person {
  override onEnter() {
    people.add(this)
    showPeople()
  }

  override onLeave() {
    people.delete(this)
    showPeople()
  }

  override setName(name: string) {
    super.setName(name)
    if (people.has(this)) showPeople()
  }

  override say(text: string) {
    console.log(`${this.name}: ${text}`)
  }
}

class ChatRoom extends Room {
  override recall(lines: readonly Line[]) {
    for (const { name, text } of lines) console.log(`${name}: ${text}`)
  }
}

let due = false

/** Once for all that one frame has changed. */
function showPeople() {
  if (due) return
  due = true
  setImmediate(() => {
    due = false
    console.log(`In the room: ${[...people].map(person => person.name).join(', ')}`)
  })
}

const [wish = '', url = 'ws://localhost:7202'] = process.argv.slice(2)
const client = await connect(url, {
  classes: [ChatPerson, ChatRoom],
  avatar: ChatPerson,
  login: { key: keyOf(wish) },
}).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
const me = client.avatar

async function rename(name: string) {
  console.log(`You are now ${await me.send.rename(name)}.`)
}

async function run(line: string) {
  const [command, ...rest] = line.trim().split(' ')
  if (command === '/nick') await rename(rest.join(' '))
  else if (command === '/who') showPeople()
  else if (command?.startsWith('/')) console.log('/nick NAME, /who, /quit; anything else is said.')
  else if (command) me.send.say(line)
}

const warn = (error: Error) => console.warn(`Warning: ${error.message}`)
client.on('vetoed', ({ reason }) => console.warn(`Warning: ${reason}`))
const terminal = createInterface({ input: process.stdin })
// From here on no line is lost, whatever is awaited.
const lines = terminal[Symbol.asyncIterator]()
client.on('close', ({ reason, text }) => {
  if (reason !== 'normal') console.log(`The connection has ended: ${text}`)
  terminal.close()
})
if (wish) await rename(wish).catch(warn)
else console.log(`You are ${me.name}.`)
for await (const line of lines) {
  if (line.trim() === '/quit') break
  await run(line).catch(warn)
}
client.close()
