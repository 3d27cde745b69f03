/** The server's side of the game. It does not know by what its players come. */
import { createServer, type Server, type ServerOptions } from 'fieldcast/server'
import { Found, Guess, most, talk } from './model.ts'

/** Starts a game, and gives its server and the urls of its transports. */
export async function open(by: Pick<ServerOptions, 'transports'>): Promise<{ server: Server; urls: string[] }> {
  const server = createServer({ classes: [], messages: talk, ...by })
  let secret = draw()
  let guesses = 0

  server.messages.on(Guess, ({ number }, { id }) => {
    guesses++
    if (number !== secret) return number < secret ? 'higher' : 'lower'
    server.messages.send(Found, { player: id, number, guesses })
    secret = draw()
    guesses = 0
    return 'right'
  })
  const urls = await server.start().catch((error: Error) => fail(error.message))
  return { server, urls }
}

function draw() {
  return 1 + Math.floor(Math.random() * most)
}

export function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
