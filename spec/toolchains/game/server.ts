/** The server of the game. It writes down what it handles, and recites its samples when it is asked to. */
import { amend, createServer, Reject } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { Den, Monster, Player } from './model.js'
import { observed } from './observed.js'
import { type Cast, type Deed, deeds, perform } from './samples.js'
import { stillClock } from './still-clock.js'
import { Vec } from './vec.js'
import { record } from './wire.js'

/** What the server saw of one game. */
export interface Report {
  readonly hash: string
  /** As each client's own classes gave it. */
  readonly hashesOfClients: readonly string[]
  /** The schema as JSON. */
  readonly outline: string
  readonly log: readonly string[]
  /** Each connection's frames. */
  readonly wire: readonly { readonly sent: string; readonly received: string }[]
}

export interface Served {
  readonly url: string
  /** Waits until all clients have come and gone, and stops. */
  end(): Promise<Report>
}

/** Those of one game: ann, bob and the stranger. */
const connections = 3

export async function serve(): Promise<Served> {
  const log: string[] = []
  const write = (line: string): void => void log.push(line)
  let left: Deed[] | null = null
  let fixed: Omit<Cast, 'player'>

  class ServerPlayer extends Player {
    override say(text: string) {
      if (text.includes('spam')) throw new Reject('language')
    }

    override shift(by: number) {
      return amend(by + 1)
    }

    override async buy(item: string) {
      if (item === 'crown') throw new Reject('too poor')
      return item === 'sword' ? { price: 300, at: new Vec(1, 2) } : null
    }

    override async recite() {
      left ??= deeds({ player: this, ...fixed }, 'server')
      const next = left.shift()
      if (next) perform(next)
      return left.length
    }
  }

  const recording = record(websocket({ port: 0, host: '127.0.0.1' }))
  const types = {
    Player: observed(ServerPlayer, 'Player', write),
    Monster: observed(Monster, 'Monster', write),
    Den: observed(Den, 'Den', write),
  }
  const server = createServer({
    classes: [types.Den, types.Monster, types.Player],
    avatar: types.Player,
    transports: [recording.listener],
    tickRate: 0,
    clock: stillClock,
    // A token would make other bytes of each run.
    limits: { heartbeatMs: 0, resumeMs: 0 },
    login: ({ name }: { name: string }) => ({ id: name, data: name }),
  })
  server.on('connect', ({ client }) => write(`connect ${client.id} ${client.account}`))
  server.on('vetoed', ({ field, reason }) => write(`vetoed ${field} ${reason}`))
  server.on('violation', ({ reason, detail }) => write(`violation ${reason} ${detail}`))
  server.on('dropped', ({ field, why }) => write(`dropped ${field} ${why}`))
  server.on('error', ({ error, where, field }) => write(`error ${where} ${field} ${String(error)}`))
  server.on('warning', ({ text }) => write(`warning ${text}`))
  let open = connections
  const over = new Promise<void>(resolve => {
    server.on('close', ({ client, reason }) => {
      write(`close ${client ? client.id : 'a stranger'} ${reason}`)
      if (--open === 0) resolve()
    })
  })

  const [url] = await server.start()
  fixed = {
    den: server.create(types.Den, den => den.send.put([{ name: 'first', count: 1, tags: ['t'] }], new Set(['k'])), {
      zone: 0,
    }),
    monster: server.create(types.Monster, null, { zone: 0 }),
  }
  return {
    url: url!,
    async end() {
      await over
      await server.stop()
      return {
        hash: server.schemaHash,
        hashesOfClients: recording.hashes,
        outline: recording.outline,
        log,
        wire: recording.connections.map(({ sent, received }) => ({ sent: `${sent}`, received: `${received}` })),
      }
    },
  }
}
