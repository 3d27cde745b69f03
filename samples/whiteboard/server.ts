/** Keeps the lines of those who are there, and serves the page from the same port. `server.ts [port] [host]` */
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type ActionData, ActionServer, Channel } from 'fieldcast/actions/server'
import { websocket } from 'fieldcast/transports/websocket'
import { type Line, type Painter, pointOf } from './board.ts'
import { buildPage } from './page.ts'

/** Points of one painter; who comes later is told all of them at once. */
const MOST_POINTS = 20_000

class PainterChannel extends Channel<Whiteboard> implements Painter {
  readonly colour = `hsl(${(this.id * 137) % 360} 70% 45%)`
  readonly lines: Line[] = []
  #points = 0

  Network_startline(data: ActionData) {
    this.#draw(data, true)
  }

  Network_drawpoint(data: ActionData) {
    this.#draw(data, false)
  }

  override onClose() {
    this.server.sendAll({ action: 'left', id: this.id })
  }

  get painter() {
    const { id, colour, lines } = this
    return { action: 'painter', id, colour, lines }
  }

  #draw(data: ActionData, isNew: boolean) {
    const point = pointOf(data)
    if (!point || this.#points === MOST_POINTS) return
    if (isNew) this.lines.push([])
    const line = this.lines.at(-1)
    if (!line) return
    line.push(...point)
    this.#points++
    const [x, y] = point
    // To everybody, the painter too: a page draws what has come back.
    this.server.sendAll({ action: isNew ? 'startline' : 'drawpoint', id: this.id, x, y })
  }
}

class Whiteboard extends ActionServer<PainterChannel> {
  override connected(channel: PainterChannel) {
    channel.send({ action: 'welcome', id: channel.id })
    for (const other of this.channels) if (other !== channel) channel.send(other.painter)
    this.sendAll(channel.painter)
  }
}

const [port = '31425', host = 'localhost'] = process.argv.slice(2)
try {
  const http = createHttpServer(await buildPage()).listen(Number(port), host)
  await once(http, 'listening')
  const server = new Whiteboard({
    channel: PainterChannel,
    transports: [websocket({ server: http })],
    // A pen moves as often as a screen is drawn, or twice as often.
    limits: { callsPerSecond: 400, resumeMs: 5000 },
  })
  const [url] = await server.start()
  console.log(`The board is open at ${url!.replace('ws', 'http')}; Ctrl+C closes it.`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, async () => {
      await server.stop()
      http.close()
    })
} catch (error) {
  console.error((error as Error).message)
  process.exit(1)
}
