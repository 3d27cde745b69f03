/** The client of the entry, in a process of its own: says when it has everything, and when it has nothing any more. */
import { once } from 'node:events'
import { connect } from 'fieldcast/client'
import { WebSocket } from 'ws'
import { Reader } from './engine.ts'
import { Tree } from './entry-part.ts'

const [kind, url, objects] = process.argv.slice(2)
const count = Number(objects)
process.on('disconnect', () => process.exit())

if (kind === 'bare') {
  const socket = new WebSocket(url!)
  await once(socket, 'open')
  const trees = new Map<number, { zone: number; x: number; y: number; fruits: number }>()
  socket.on('message', (data: Buffer) => {
    trees.clear()
    for (const r = new Reader(data); r.remaining > 0; )
      trees.set(r.u32(), { zone: r.u32(), x: r.f32(), y: r.f32(), fruits: r.u16() })
    if (trees.size !== 0 && trees.size !== count) throw new Error(`${trees.size} trees arrived.`)
    process.send!(trees.size)
  })
} else {
  const client = await connect(url!, { classes: [Tree] })
  let seen = client.objects.size
  setInterval(() => {
    if (client.objects.size === seen || (client.objects.size !== 0 && client.objects.size !== count)) return
    seen = client.objects.size
    process.send!(seen)
  }, 1)
}
process.send!('ready')
