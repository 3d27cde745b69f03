/** The whole game in one process, over a real socket. Prints one line of JSON. */
import { play } from './client.js'
import { serve } from './server.js'

export async function game(): Promise<void> {
  const server = await serve()
  const client = await play(server.url)
  console.log(JSON.stringify({ server: await server.end(), client }))
}
