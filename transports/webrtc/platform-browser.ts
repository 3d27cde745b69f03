/** The browser's own WebRTC. */
import {
  DATAGRAMS,
  deaf,
  FRAMES,
  type HttpAnswer,
  type IceServer,
  LOW,
  type OfferingPeer,
  type PeerEvents,
} from './peer.ts'
import type { PeerOptions, PostOptions } from './platform.ts'

/** Opens a peer. Throws where the browser has no WebRTC, or refuses a server. */
export async function openPeer({ iceServers }: PeerOptions): Promise<OfferingPeer> {
  return new BrowserPeer(iceServers)
}

/** Asks a server over http; browsers say nothing of why they could not. */
export async function post(url: string, body: string, { signal }: PostOptions): Promise<HttpAnswer> {
  // As text/plain, so that no preflight goes before it.
  const answer = await fetch(url, { method: 'POST', body, signal, credentials: 'omit', cache: 'no-store' }).catch(
    cause => {
      throw new Error('no answer came. Does the server run, and does it admit this page?', { cause })
    },
  )
  return { status: answer.status, text: await answer.text() }
}

class BrowserPeer implements OfferingPeer {
  events: PeerEvents = deaf
  readonly #connection: RTCPeerConnection
  readonly #frames: RTCDataChannel
  readonly #datagrams: RTCDataChannel
  #state: 'new' | 'open' | 'over' = 'new'

  constructor(iceServers: readonly IceServer[]) {
    this.#connection = new RTCPeerConnection({ iceServers: iceServers as RTCIceServer[] })
    this.#frames = this.#channel('frames', { id: FRAMES })
    this.#datagrams = this.#channel('datagrams', { id: DATAGRAMS, ordered: false, maxRetransmits: 0 })
    this.#connection.onconnectionstatechange = () => {
      if (/closed|failed/.test(this.#connection.connectionState)) this.#end()
    }
    this.#frames.bufferedAmountLowThreshold = LOW
    this.#frames.onbufferedamountlow = () => {
      if (this.#state === 'open') this.events.drained()
    }
    this.#frames.onmessage = ({ data }) => {
      this.#open()
      if (this.#state === 'open') this.events.message(typeof data === 'string' ? data : new Uint8Array(data))
    }
    this.#datagrams.onmessage = ({ data }) => {
      this.#open()
      if (this.#state !== 'open') return
      if (typeof data === 'string') this.events.fault('A text came as a datagram.')
      else this.events.datagram(new Uint8Array(data))
    }
  }

  get buffered(): number {
    return this.#frames.bufferedAmount
  }

  get datagramsBuffered(): number {
    return this.#datagrams.bufferedAmount
  }

  async offer(): Promise<string> {
    await this.#connection.setLocalDescription()
    return this.#connection.localDescription!.sdp
  }

  async take(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp })
  }

  send(data: Uint8Array | string): void {
    // Two calls, for the types: the platform has one for each.
    if (typeof data === 'string') this.#frames.send(data)
    else this.#frames.send(data as Uint8Array<ArrayBuffer>)
  }

  sendDatagram(bytes: Uint8Array): void {
    this.#datagrams.send(bytes as Uint8Array<ArrayBuffer>)
  }

  close(): void {
    this.#state = 'over'
    this.#connection.close()
  }

  #channel(label: string, init: RTCDataChannelInit): RTCDataChannel {
    const channel = this.#connection.createDataChannel(label, { ...init, negotiated: true })
    channel.binaryType = 'arraybuffer'
    channel.onopen = () => {
      if (this.#frames.readyState === 'open' && this.#datagrams.readyState === 'open') this.#open()
    }
    channel.onclose = () => this.#end()
    return channel
  }

  #open(): void {
    if (this.#state !== 'new') return
    this.#state = 'open'
    this.events.opened()
  }

  #end(): void {
    if (this.#state === 'over') return
    this.close()
    this.events.ended()
  }
}
