/** A player on a bare data channel. */
import { PeerConnection } from 'node-datachannel'
import type { Player } from './contestant.ts'
import type { Ear } from './ear.ts'
import { hear, moveBytes } from './moves.ts'
import { channelOf, described } from './rtc.ts'

/** What is not held is collected, and closes its connection. */
const peers: PeerConnection[] = []

export async function join(url: string, ear: Ear): Promise<Player> {
  // Of many peers that begin at once on a busy machine libdatachannel may lose one's transport: "Got a remote candidate without ICE transport".
  for (let left = 3; ; left--) {
    try {
      return await attempt(url, ear)
    } catch (error) {
      if (left === 0) throw error
    }
  }
}

async function attempt(url: string, ear: Ear): Promise<Player> {
  const peer = new PeerConnection('bare', { iceServers: [] })
  peers.push(peer)
  const channel = channelOf(peer)
  let own = -1
  const open = new Promise<void>((resolve, reject) => {
    channel.onOpen(resolve)
    channel.onClosed(() => reject(new Error('The data channel has closed.')))
  })
  channel.onMessage(message => hear(Buffer.from(message as ArrayBuffer), own, ear))
  const reply = await fetch(`http://${url}/`, { method: 'POST', body: await described(peer) })
  const { index, answer } = (await reply.json()) as { index: number; answer: string }
  own = index
  peer.setRemoteDescription(answer, 'answer' as never)
  await open
  return { move: (x, y, at) => void channel.sendMessageBinary(moveBytes(x, y, at)) }
}
