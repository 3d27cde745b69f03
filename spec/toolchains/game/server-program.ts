/** The server alone: prints its url, serves one game, and prints what it saw when its input ends. */
import { serve } from './server.js'

async function main(): Promise<void> {
  const server = await serve()
  console.log(JSON.stringify({ url: server.url }))
  for await (const _ of process.stdin);
  console.log(JSON.stringify(await server.end()))
}

export const done: Promise<void> = main()
