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

export const bareTcp: Contestant = {
  name: 'bare TCP, tick of 50 ms',
  kind: 'bare',
  server: 'net/bare-tcp-server.ts',
  client: 'net/bare-tcp-client.ts',
  options: { every: 50 },
}

export const bareUdp: Contestant = {
  ...bareTcp,
  name: 'bare UDP, tick of 50 ms',
  server: 'net/bare-udp-server.ts',
  client: 'net/bare-udp-client.ts',
}
const dataChannels = 'Bytes are those of the messages: SCTP, DTLS and UDP add about 70 to each.'
export const bareWebrtc: Contestant = {
  ...bareTcp,
  name: 'bare node-datachannel, tick of 50 ms',
  server: 'net/bare-webrtc-server.ts',
  client: 'net/bare-webrtc-client.ts',
  note: dataChannels,
}

const fieldcastOf = (name: string, tickRate: number): Contestant => ({
  name,
  kind: 'fieldcast',
  server: 'net/fieldcast-server.ts',
  client: 'net/fieldcast-client.ts',
  options: { tickRate },
})

export const fieldcast: Contestant = fieldcastOf('fieldcast, 20 ticks a second', 20)
export const fieldcastSoon: Contestant = fieldcastOf('fieldcast, tickRate: 0', 0)

export const fieldcastTcp: Contestant = {
  ...fieldcastOf('fieldcast over TCP, 20 ticks a second', 20),
  client: 'net/fieldcast-tcp-client.ts',
  options: { tickRate: 20, wire: 'tcp' },
}

export const fieldcastUdp: Contestant = {
  ...fieldcastOf('fieldcast over UDP, 20 ticks a second', 20),
  client: 'net/fieldcast-udp-client.ts',
  options: { tickRate: 20, wire: 'udp' },
}
export const fieldcastWebrtc: Contestant = {
  ...fieldcastOf('fieldcast over WebRTC, 20 ticks a second', 20),
  client: 'net/fieldcast-webrtc-client.ts',
  options: { tickRate: 20, wire: 'webrtc' },
  note: dataChannels,
}

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
