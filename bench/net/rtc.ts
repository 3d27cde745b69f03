/** What both ends of the control over WebRTC ask of node-datachannel. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DataChannel, PeerConnection } from 'node-datachannel'

/** The one channel, agreed on beforehand. */
export const channelOf = (peer: PeerConnection): DataChannel =>
  peer.createDataChannel('moves', { negotiated: true, id: 0, unordered: true, maxRetransmits: 0 })

/** What a peer says of itself, once it knows its addresses. */
export async function described(peer: PeerConnection): Promise<string> {
  while (peer.gatheringState() !== 'complete') await sleep(5)
  return peer.localDescription()!.sdp
}
