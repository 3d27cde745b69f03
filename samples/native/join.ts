/** A player in a process of its own, on a socket. `join.ts [url]` */
import { play } from './player.ts'

await play(process.argv[2] ?? 'ws://localhost:7206')
