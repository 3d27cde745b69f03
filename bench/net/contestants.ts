/** Who takes part in more than one suite. */
import type { BareOptions } from './bare-server.ts'
import type { Contestant } from './contestant.ts'

const bareOf = (name: string, options: BareOptions): Contestant => ({
  name,
  kind: 'bare',
  server: 'net/bare-server.ts',
  client: 'net/bare-client.ts',
  options: { ...options },
})

/** Every ratio is to this one. */
export const bare: Contestant = bareOf('bare ws, tick of 50 ms', { flush: { every: 50 } })
export const bareRaw: Contestant = bareOf('bare ws, frames built once and written raw', {
  flush: { every: 50 },
  raw: true,
})
export const bareTurns: Contestant = bareOf('bare ws, a flush per turn', { flush: { turns: true, atMostEvery: 0 } })
export const bareTwo: Contestant = bareOf('bare ws, a flush at most every 2 ms', {
  flush: { turns: true, atMostEvery: 2 },
})
export const relay: Contestant = bareOf('bare ws, relay of each message', { flush: 'relay' })

const fieldcastOf = (name: string, tickRate: number): Contestant => ({
  name,
  kind: 'fieldcast',
  server: 'net/fieldcast-server.ts',
  client: 'net/fieldcast-client.ts',
  options: { tickRate },
})

export const fieldcast: Contestant = fieldcastOf('fieldcast, 20 ticks a second', 20)
export const fieldcastSoon: Contestant = fieldcastOf('fieldcast, tickRate: 0', 0)

export const colyseusState: Contestant = {
  name: 'Colyseus 0.18, state',
  kind: 'peer',
  server: 'peers/colyseus-server.ts',
  client: 'peers/colyseus-client.ts',
  options: { room: 'state' },
}
export const colyseusMessages: Contestant = {
  ...colyseusState,
  name: 'Colyseus 0.18, messages',
  options: { room: 'messages' },
}
export const socketIo: Contestant = {
  name: 'Socket.IO 4.8, broadcast',
  kind: 'peer',
  server: 'peers/socketio-server.ts',
  client: 'peers/socketio-client.ts',
}
