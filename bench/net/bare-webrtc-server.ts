/** The control over WebRTC: one data channel to each player, unordered and without repeats, by which what is new goes to everyone. It checks nothing. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type DataChannel, PeerConnection } from 'node-datachannel'
import { Moves } from './moves.ts'
import { channelOf, described } from './rtc.ts'
import { tally } from './tally.ts'

/** @param every ms between two ticks */
export function serve(http: Server, { every }: { readonly every: number }): void {
  const channels = new Set<DataChannel>()
  const moves = new Moves()
  // What is not held is collected, and closes its connection.
  const peers = new Set<PeerConnection>()

  const admit = async (offer: string): Promise<string> => {
    const peer = new PeerConnection('bare', { iceServers: [], bindAddress: '127.0.0.1' })
    peers.add(peer)
    peer.setRemoteDescription(offer, 'offer' as never)
    const channel = channelOf(peer)
    const index = moves.add()
    channel.onOpen(() => channels.add(channel))
    channel.onClosed(() => {
      channels.delete(channel)
      peers.delete(peer)
    })
    channel.onMessage(message => moves.take(index, new Uint8Array(message as ArrayBuffer)))
    return JSON.stringify({ index, answer: await described(peer) })
  }
  http.on('request', (request: IncomingMessage, response: ServerResponse) => {
    let offer = ''
    request.setEncoding('utf8')
    request.on('data', (piece: string) => (offer += piece))
    request.on('end', () => void admit(offer).then(answer => response.end(answer)))
  })
  setInterval(() => {
    for (const packet of moves.packets()) {
      tally.bytes += packet.length * channels.size
      for (const channel of channels) channel.sendMessageBinary(packet)
    }
  }, every)
}
