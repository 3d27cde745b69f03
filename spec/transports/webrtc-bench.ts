/** What the WebRTC specs share: servers that are closed after each test, with nothing left open, and peers that keep no rules. */
import { type DataChannel, PeerConnection } from 'node-datachannel'
import { peersLeft } from '../../transports/webrtc/native.ts'
import { type WebrtcDialerOptions, type WebrtcOptions, webrtc, webrtcDialer } from '../../transports/webrtc.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { Bench, eventually } from './recorder.ts'

export interface WebrtcBenches {
  /** A listening server and a dialer. */
  opened(options?: WebrtcOptions, dialer?: WebrtcDialerOptions): Promise<Bench>
  closeAll(): Promise<void>
}

/** To call within `describe`: after each test all is closed, and no socket, server or timer stays, whatever the test did. */
export function webrtcBenches(): WebrtcBenches {
  const benches: Bench[] = []
  let before = 0

  const closeAll = async (): Promise<void> => {
    await Promise.all(benches.splice(0).map(bench => bench.listener.close()))
    for (const raw of RawPeer.open) raw.close()
  }
  beforeEach(async () => {
    before = await settledHandles()
  })
  afterEach(async () => {
    await closeAll()
    await expectReturnTo(before)
    await eventually(() => peersLeft() === 0)
  })

  return {
    async opened(options = {}, dialer) {
      const bench = new Bench(webrtc({ port: 0, ...options }), webrtcDialer(dialer))
      await bench.listen()
      benches.push(bench)
      return bench
    },
    closeAll,
  }
}

/** Where the offers of a bench go. */
export function httpOf(bench: Bench): string {
  return bench.url.replace(/^webrtc/, 'http')
}

/** Posts an offer. */
export function post(bench: Bench, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(httpOf(bench), { method: 'POST', body, headers: { 'Content-Type': 'application/sdp', ...headers } })
}

/** A peer that is made by hand. */
export class RawPeer {
  static readonly open = new Set<RawPeer>()
  readonly connection: PeerConnection = new PeerConnection('raw', { iceServers: [] })
  readonly frames: DataChannel
  readonly datagrams: DataChannel
  readonly texts: string[] = []
  readonly #waiting: { check: () => boolean; done: () => void }[] = []
  ended = false
  #opened = 0

  constructor() {
    RawPeer.open.add(this)
    const init = [
      { negotiated: true, id: 0 },
      { negotiated: true, id: 1, unordered: true, maxRetransmits: 0 },
    ]
    const [frames, datagrams] = init.map(config => this.connection.createDataChannel('raw', config))
    this.frames = frames!
    this.datagrams = datagrams!
    this.connection.onStateChange(() => this.#look())
    for (const channel of [this.frames, this.datagrams]) {
      channel.onOpen(() => {
        this.#opened++
        this.#look()
      })
      channel.onClosed(() => {
        this.ended = true
        this.#look()
      })
    }
    this.frames.onMessage(data => {
      this.texts.push(String(data))
      this.#look()
    })
  }

  /** One that is connected to a server. */
  static async connected(bench: Bench, headers?: Record<string, string>): Promise<RawPeer> {
    const raw = new RawPeer()
    const answer = await post(bench, raw.offer(), headers)
    raw.connection.setRemoteDescription(await answer.text(), 'answer')
    await raw.until(() => raw.#opened === 2)
    return raw
  }

  offer(): string {
    return this.connection.localDescription()!.sdp
  }

  until(check: () => boolean): Promise<void> {
    if (check()) return Promise.resolve()
    return new Promise(done => this.#waiting.push({ check, done }))
  }

  close(): void {
    RawPeer.open.delete(this)
    this.connection.close()
  }

  #look(): void {
    for (const entry of [...this.#waiting])
      if (entry.check()) {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1)
        entry.done()
      }
  }
}

/** An offer that an honest client could have made. */
export function anOffer(): string {
  const raw = new RawPeer()
  const offer = raw.offer()
  raw.close()
  return offer
}
