/** The room: decides on names, passes on what is said and remembers it, and serves the page from the same port. `server.ts [port] [--host where] [--store where] [--network name]` */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { amend, createServer, Reject, type Server, type Store, StoreError } from 'fieldcast/server'
import { storeByUrl } from 'fieldcast/stores'
import { conditioner, type ProfileName, profiles } from 'fieldcast/transports/conditioner'
import { websocket } from 'fieldcast/transports/websocket'
import { type Line, Person, Room } from './model.ts'
import { buildPage } from './page.ts'

class ServerPerson extends Person {
  override async rename(wish: string) {
    const name = clean(wish)
    if (!name) throw new Reject('a name needs a letter')
    const [owner] = await server.find(Person, { name })
    const others = server.objects.of(ServerPerson).filter(other => other !== this)
    if (others.some(other => other.getName() === name)) throw new Reject(`${name} is here already`)
    if (owner && owner.id !== this.storedId) throw new Reject(`${name} is the name of somebody who is away`)
    this.send.setName(name)
    return name
  }

  override say(text: string) {
    const said = clean(text)
    if (!said) throw new Reject('nothing was said')
    console.log(`${this.getName()}: ${said}`)
    room?.remember({ name: this.getName(), text: said })
    return amend(said)
  }
}

class ServerRoom extends Room {
  remember(line: Line) {
    this.send.keep([...this.lines, line].slice(-50))
  }
}

/** Without control characters, which could steer another's terminal. */
function clean(text: string) {
  return text.replace(/\p{Cc}+/gu, ' ').trim()
}

/** Whoever brings a key is the person of that key; the others are guests. People see each other's ids, which do not lead back to the key. */
function login(credentials: { key?: unknown } | null) {
  const key = credentials?.key
  if (typeof key !== 'string' || !/^[0-9a-f]{32}$/.test(key)) return
  const id = createHash('sha256').update(key).digest('hex').slice(0, 24)
  return { id, avatar: id }
}

const WORLD = relative(process.cwd(), fileURLToPath(new URL('world', import.meta.url)))
let server: Server
let room: ServerRoom | null = null

async function open(port: number, host: string, store: Store, network: string | undefined) {
  const http = createHttpServer(await buildPage()).listen(port, host)
  await once(http, 'listening')
  const people = websocket({ server: http })
  server = createServer({
    classes: [ServerPerson, ServerRoom],
    avatar: ServerPerson,
    login,
    store,
    // Whose connection is lost for longer has left the room.
    limits: { resumeMs: 5000 },
    // Several worlds may share a database.
    storage: { shard: 'chat' },
    transports: [network ? conditioner(people, { profile: network as ProfileName, seed: Date.now() }) : people],
    // The page shows it.
    ...(network && { motd: `Simulated network: ${network}` }),
  })
  server.on('store', ({ state, error, waiting }) => {
    // Another server has the room now.
    if (state === 'fenced') fail(error)
    console.warn(`The store is ${state}, and ${waiting} objects wait for it. ${(error as Error | null)?.message ?? ''}`)
  })
  const [url] = await server.start()
  const [stored] = await server.find(Room)
  room = stored
    ? await server.load<ServerRoom>(stored.id)
    : server.create(ServerRoom, null, { zone: 0, persistent: true })
  console.log(`The room is open at ${url?.replace('ws', 'http')} and kept in ${store.name}; Ctrl+C closes it.`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, async () => {
      await server.stop().catch(fail)
      if (store.capabilities.durability !== 'none') console.log('The room is saved.')
      http.close()
    })
}

function fail(error: unknown): never {
  console.error((error as Error).message)
  if (error instanceof StoreError)
    console.error('To talk all the same: --store memory:, or another room: --store FOLDER')
  process.exit(1)
}

const networks = Object.keys(profiles).join(', ')
const usage = `server.ts [port] [options]
  --host H     the address to listen on; 0.0.0.0 lets others in your network in (default: localhost)
  --store S    where the room is kept: a folder, the url of a database, or memory: (default: the folder samples/chat/world)
  --network N  talks as if by such a network: ${networks} (default: as it is)
  --help       this text`

try {
  const { values, positionals } = parseArgs({
    options: {
      host: { type: 'string', default: 'localhost' },
      store: { type: 'string' },
      network: { type: 'string' },
      help: { type: 'boolean' },
    },
    allowPositionals: true,
  })
  const { host, store, network, help } = values
  if (network !== undefined && !Object.hasOwn(profiles, network))
    throw new Error(`There is no network '${network}'. There are ${networks}.`)
  if (help) console.log(usage)
  else await open(Number(positionals[0] ?? 7202), host, storeByUrl(store ?? WORLD), network)
} catch (error) {
  fail(error)
}
