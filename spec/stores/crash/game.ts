/**
 * A game server that is to be killed: a process of its own. It does at random, from a seed, all that a game does with stored objects, and says before each change what is
 * coming and after each acknowledgement what was acknowledged. Its first line of input is an order; until then it has loaded its code and waits.
 */
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { connect } from 'fieldcast/client'
import { createServer, StoreError } from 'fieldcast/server'
import { storeByUrl } from 'fieldcast/stores'
import { memory } from 'fieldcast/transports/memory'
import { type Flaw, flaws } from './flaws.ts'
import { openWorld } from './opening.ts'
import { Player, ServerThing } from './player.ts'
import type { Order, Report } from './reports.ts'
import { HOLDERS } from './state.ts'
import { Thing } from './thing.ts'

/** Stands in the pipe when this returns: the system delivers it, whatever becomes of this process. */
function report(...line: Report): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at)
}

let stop = (): void => process.exit(0)
let grow = (): void => {}

async function run({ store: url, seed, gapMs, plays, flaw }: Order): Promise<void> {
  const wire = memory()
  const real = storeByUrl(url)
  const server = createServer({
    classes: [ServerThing],
    transports: [wire],
    // What a client sees is not waited for.
    tickRate: 200,
    store: flaw ? new flaws[flaw as Flaw](real) : real,
    storage: { gapMs },
    login: ({ name }: { name: string }) => ({ id: name }),
  })
  server.on('warning', () => {})
  server.on('error', ({ error, where }) => {
    // Such as a durable request that another server has come in the way of.
    if (!(error instanceof StoreError) || error.kind === 'fatal') report('wrong', `an error in ${where}: ${error}`)
  })
  server.on('unreadable', event => report('wrong', `unreadable: ${JSON.stringify(event)}`))
  server.on('store', ({ state, error }) => {
    report('store', state, error ? String(error) : null)
    if (state === 'fenced') stop()
  })
  try {
    await server.start()
  } catch (error) {
    report('refused', (error as StoreError).kind, String(error))
    process.exit(0)
  }
  const clients = await Promise.all(
    HOLDERS.map(name => connect('memory:', { classes: [Thing], transport: wire, login: { name } })),
  )
  for (const client of clients) client.on('close', () => {})
  const player = new Player(server, clients, seed, report)
  grow = () => player.grow()
  let stopping = false
  stop = () => {
    if (stopping) return
    stopping = true
    player.stop()
    report('stopping')
    server
      .stop()
      .then(
        () => report('stopped'),
        (error: StoreError) => report('unsaved', error.kind, String(error)),
      )
      .finally(() => process.exit(0))
  }
  const entries = await openWorld(server, player, report)
  report('loaded')
  if (plays) await player.play(entries)
}

// What takes its time is done before the order comes. It may be missing where it is not needed.
const [driver] = process.argv.slice(2)
if (driver) await import(driver)

let ordered = false
createInterface({ input: process.stdin }).on('line', line => {
  if (line === 'stop') return stop()
  if (line === 'grow') return grow()
  if (line === 'mark') return report('mark')
  if (ordered) return
  ordered = true
  run(JSON.parse(line)).catch(error => {
    report('wrong', `${error.stack}`)
    process.exit(1)
  })
})
