/** `npm start`: builds the page, serves it and the game on one port, sends in the bots, and stops on Ctrl-C. */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { connect } from 'fieldcast/client'
import { createServer } from 'fieldcast/server'
import { memory } from 'fieldcast/transports/memory'
import { websocket } from 'fieldcast/transports/websocket'
import { type Arguments, readArguments, usage } from './arguments.ts'
import { Bot, botLogin } from './bots.ts'
import { chanceFrom } from './chance.ts'
import { Avatar, Board, Gem } from './model.ts'
import { buildPage } from './page.ts'
import { arenaOptions, populate } from './server.ts'

const TICKS_PER_SECOND = 20

async function main({ port, bots }: Arguments): Promise<void> {
  const http = createHttpServer(await buildPage())
  const wire = memory()
  const chance = chanceFrom(Date.now())
  const server = createServer({
    ...arenaOptions(chance),
    tickRate: TICKS_PER_SECOND,
    transports: [websocket({ server: http, path: '/game' }), wire],
  })
  await listen(http, port)
  await server.start()
  populate(server, chance, () => performance.now())

  const crowd: Bot[] = []
  for (let number = 0; number < bots; number++) {
    const client = await connect('memory:', {
      classes: [Avatar, Gem, Board],
      avatar: Avatar,
      transport: wire,
      login: botLogin(number, chance),
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
    await server.stop()
    http.closeAllConnections()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)

  const open = (http.address() as AddressInfo).port
  console.log(`The arena is open: http://localhost:${open}`)
  for (const address of networkAddresses()) console.log(`In your network:   http://${address}:${open}`)
  if (bots > 0) console.log(`${bots} bots are walking about.`)
  console.log('Ctrl-C stops it.')
}

function listen(http: HttpServer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error)
      reject(
        new Error(
          `Port ${port} is taken. Stop the program that holds it, or choose another: npm start -- --port ${port + 1}`,
        ),
      )
    })
    http.listen(port, resolve)
  })
}

function networkAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(list =>
    (list ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address),
  )
}

try {
  const options = readArguments(process.argv.slice(2), process.env)
  if (options.help) console.log(usage)
  else await main(options)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
