/** `npm start`: builds the page, opens the world, serves both on one port, sends in the bots, and stops on Ctrl-C. */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect } from 'fieldcast/client'
import { createServer, StoreError } from 'fieldcast/server'
import { storeByUrl } from 'fieldcast/stores'
import { conditioner } from 'fieldcast/transports/conditioner'
import { memory } from 'fieldcast/transports/memory'
import { websocket } from 'fieldcast/transports/websocket'
import { type Arguments, commandWith, readArguments, usage } from './arguments.ts'
import { Bot, botLogin } from './bots.ts'
import { chanceFrom } from './chance.ts'
import { Avatar, Board, Gem } from './model.ts'
import { buildPage } from './page.ts'
import { arenaOptions, populate } from './server.ts'

const TICKS_PER_SECOND = 20
const APART = 'so this one stops. Two servers share a database under two shard names, or in two schemas (?schema=).'
const WORLD = relative(process.cwd(), fileURLToPath(new URL('world', import.meta.url)))

async function main({ port, host, bots, store: url, network }: Arguments): Promise<void> {
  const store = storeByUrl(url ?? WORLD)
  const http = createHttpServer(await buildPage())
  const wire = memory()
  const chance = chanceFrom(Date.now())
  const players = websocket({ server: http, path: '/game' })
  const server = createServer({
    ...arenaOptions(store),
    tickRate: TICKS_PER_SECOND,
    transports: [network ? conditioner(players, { profile: network, seed: Date.now() }) : players, wire],
    // The page shows it.
    ...(network && { motd: `Simulated network: ${network}` }),
  })
  // First: without a port there is no server, and no world is taken from the one that has it.
  await listen(http, port, host)
  try {
    await server.start()
    await populate(server, chance, () => performance.now())
  } catch (error) {
    http.close()
    await server.stop().catch(() => {})
    throw error
  }

  const crowd: Bot[] = []
  for (let number = 0; number < bots; number++) {
    const client = await connect('memory:', {
      classes: [Avatar, Gem, Board],
      avatar: Avatar,
      transport: wire,
      login: botLogin(number),
      // Bots go with the server; that is nothing to report, nor is a gem that another took first.
      on: { close: () => {}, vetoed: () => {} },
    })
    crowd.push(new Bot(client, chance))
  }
  const life = setInterval(() => {
    for (const bot of crowd) bot.step(1 / TICKS_PER_SECOND)
  }, 1000 / TICKS_PER_SECOND)

  const stop = async (): Promise<void> => {
    clearInterval(life)
    http.close()
    try {
      await server.stop()
      if (store.capabilities.durability !== 'none') console.log('The world is saved.')
    } catch (error) {
      fail(error)
    }
    http.closeAllConnections()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  server.on('store', ({ state, error, waiting }) => {
    // Another server has the world now, and this one can only end.
    if (state === 'fenced') return void stop()
    console.warn(`The store is ${state}, and ${waiting} objects wait for it. ${(error as Error | null)?.message ?? ''}`)
  })

  const open = (http.address() as AddressInfo).port
  console.log(`The arena is open: http://localhost:${open}`)
  for (const address of addressesIn(host)) console.log(`In your network:   http://${address}:${open}`)
  console.log(`The world is kept in ${store.name}.`)
  if (network) console.log(`Players play as if by the network '${network}'.`)
  if (bots > 0) console.log(`${bots} bots are walking about.`)
  console.log('Ctrl-C stops it.')
}

function listen(http: HttpServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
        return reject(new Error(`${host} is no address of this machine. All of them: npm start -- --host 0.0.0.0`))
      if (error.code !== 'EADDRINUSE') return reject(error)
      reject(
        new Error(
          `Port ${port} is taken. Stop the program that holds it, or choose another: npm start -- --port ${port + 1}`,
        ),
      )
    })
    http.listen(port, host, resolve)
  })
}

/** Where others find a server that listens at `host`. */
function addressesIn(host: string): string[] {
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return []
  if (host !== '0.0.0.0' && host !== '::') return [host.includes(':') ? `[${host}]` : host]
  return Object.values(networkInterfaces()).flatMap(list =>
    (list ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address),
  )
}

function fail(error: unknown): void {
  const { message } = error as Error
  console.error(
    error instanceof StoreError && error.kind === 'fenced' ? `${message.replace(/\.$/, '')}, ${APART}` : message,
  )
  process.exitCode = 1
}

let port = 0
try {
  const options = readArguments(process.argv.slice(2), process.env)
  port = options.port
  if (options.help) console.log(usage)
  else await main(options)
} catch (error) {
  fail(error)
  if (error instanceof StoreError)
    console.error(`To play at once: ${commandWith(port, 'memory:')}, or another world: ${commandWith(port, 'FOLDER')}`)
}
