/** The room: decides on names, passes on what is said, and serves the page from the same port. `server.ts [port]` */
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { amend, createServer, Reject } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { Person } from './model.ts'
import { buildPage } from './page.ts'

class ServerPerson extends Person {
  override async rename(wish: string) {
    const name = clean(wish)
    if (!name) throw new Reject('a name needs a letter')
    const others = server.objects.of(ServerPerson).filter(other => other !== this)
    if (others.some(other => other.getName() === name)) throw new Reject(`${name} is here already`)
    this.send.setName(name)
    return name
  }

  override say(text: string) {
    if (!clean(text)) throw new Reject('nothing was said')
    console.log(`${this.getName()}: ${clean(text)}`)
    return amend(clean(text))
  }
}

/** Without control characters, which could steer another's terminal. */
function clean(text: string) {
  return text.replace(/\p{Cc}+/gu, ' ').trim()
}

const fail = (error: Error) => {
  console.error(error.message)
  process.exit(1)
}
const port = Number(process.argv[2] ?? 7202)
const http = createHttpServer(await buildPage()).listen(port)
await once(http, 'listening').catch(fail)
const server = createServer({
  classes: [ServerPerson],
  avatar: ServerPerson,
  transports: [websocket({ server: http })],
})

const [url] = await server.start()
console.log(`The room is open at ${url?.replace('ws', 'http')}; Ctrl+C closes it.`)
process.once('SIGINT', async () => {
  await server.stop()
  http.close()
})
