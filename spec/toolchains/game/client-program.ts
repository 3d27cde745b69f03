/** The clients alone, against the server of a url: `client-program ws://127.0.0.1:7200`. Prints what they saw. */
import { play } from './client.js'

async function main(): Promise<void> {
  console.log(JSON.stringify(await play(process.argv[2]!)))
}

export const done: Promise<void> = main()
