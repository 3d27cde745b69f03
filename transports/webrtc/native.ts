/**
 * The only door to the package `node-datachannel`: WebRTC in Node, by native threads. Loaded when a server listens or a client dials, so that games
 * without WebRTC need not install it.
 *
 * Its callbacks come in any order among each other (a message before the opening, an end before the messages that were sent before it), and an
 * object that the garbage collector takes closes its connection: so peers are held here until nothing of theirs is left.
 */
import type { DataChannel, PeerConnection, IceServer as RelayServer } from 'node-datachannel'
import type { Clock } from '../../lib/base/clock.ts'
import { UsageError } from '../../lib/base/errors.ts'
import { DATAGRAMS, deaf, FRAMES, type IceServer, LOW, type OfferingPeer, type PeerEvents } from './peer.ts'

type Package = typeof import('node-datachannel')

/** Opens peers. */
export interface Native {
  /** @throws Error where the system gives no socket. */
  open(options: NativeOptions, clock: Clock): NativePeer
}

export interface NativeOptions {
  readonly iceServers: readonly IceServer[]
  /** The one address to use. Undefined: all of this machine, but the loopback. */
  readonly address?: string | undefined
  /** UDP ports, first and last. Where both are the same, all peers share it. */
  readonly portRange?: readonly [number, number] | undefined
}

/** How often gathering is looked after where it takes time (STUN), ms, and for how long at most. */
const GATHER_STEP = 20
const GATHER_TIME = 3000

/** Peers that hold something native. */
const held = new Set<NativePeer>()

/** How many peers of this process are not gone yet. */
export function peersLeft(): number {
  return held.size
}

/** @throws UsageError where the package is not installed or does not run here. */
export async function loadNative(): Promise<Native> {
  let found: Package
  try {
    found = await import('node-datachannel')
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
    throw new UsageError(
      missing
        ? "WebRTC in Node needs the package 'node-datachannel': run `npm install node-datachannel`."
        : `The package 'node-datachannel' does not load here (${(cause as Error).message}): install it again on this machine with \`npm install node-datachannel\`.`,
      { cause },
    )
  }
  return {
    open({ iceServers, address, portRange }, clock) {
      const [portRangeBegin, portRangeEnd] = portRange ?? []
      const connection = new found.PeerConnection('fieldcast', {
        iceServers: iceServers.flatMap(relaysOf),
        ...(address !== undefined && { bindAddress: address }),
        ...(portRangeBegin !== undefined && { portRangeBegin, portRangeEnd: portRangeEnd! }),
        ...(portRangeBegin !== undefined && portRangeBegin === portRangeEnd && { enableIceUdpMux: true }),
      })
      return new NativePeer(connection, clock)
    },
  }
}

/** One url of an ICE server, taken apart. */
const iceUrl = /^(stun|turns?):(\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?(\?transport=(udp|tcp))?$/i

/** @throws UsageError for what is no STUN or TURN server. */
export function relaysOf({ urls, username, credential }: IceServer): RelayServer[] {
  return [urls].flat().map(url => {
    const [, scheme = '', host, port, , transport] = iceUrl.exec(String(url)) ?? []
    if (host === undefined)
      throw new UsageError(`{ iceServers }: an url is written stun:host:port or turn:host:port, not '${url}'.`)
    const hostname = host.replace(/^\[|\]$/g, '')
    const kind = scheme.toLowerCase()
    if (kind === 'stun') return { hostname, port: Number(port ?? 3478) }
    if (username === undefined || credential === undefined)
      throw new UsageError(`{ iceServers }: the TURN server ${url} needs a username and a credential.`)
    const relayType = kind === 'turns' ? 'TurnTls' : transport?.toLowerCase() === 'tcp' ? 'TurnTcp' : 'TurnUdp'
    return {
      hostname,
      port: Number(port ?? (kind === 'turns' ? 5349 : 3478)),
      username,
      password: credential,
      relayType,
    }
  })
}

export class NativePeer implements OfferingPeer {
  events: PeerEvents = deaf
  readonly #connection: PeerConnection
  readonly #clock: Clock
  #frames: DataChannel | null = null
  #datagrams: DataChannel | null = null
  #state: 'new' | 'open' | 'over' = 'new'
  /** What of it has not said yet that it is closed. */
  readonly #left = new Set<unknown>()
  #whenGone: (() => void)[] = []

  constructor(connection: PeerConnection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
    held.add(this)
    this.#left.add(connection)
    // Each of these lets go of a thread's handle only after it has been called for the end.
    connection.onStateChange(state => {
      if (state === 'closed') this.#release(connection)
      if (state === 'closed' || state === 'failed') this.#end()
    })
    connection.onDataChannel(stranger => {
      stranger.onClosed(() => {})
      stranger.close()
      if (this.#state !== 'over') this.events.fault('A data channel was opened that is none of the two.')
    })
  }

  get buffered(): number {
    return this.#state === 'over' ? 0 : (this.#frames?.bufferedAmount() ?? 0)
  }

  get datagramsBuffered(): number {
    return this.#state === 'over' ? 0 : (this.#datagrams?.bufferedAmount() ?? 0)
  }

  async offer(): Promise<string> {
    this.#openChannels()
    return this.#description()
  }

  async take(answer: string): Promise<void> {
    this.#connection.setRemoteDescription(answer, 'answer')
  }

  /** The answer to an offer. Rejects where it is none. */
  async answer(offer: string): Promise<string> {
    this.#connection.setRemoteDescription(offer, 'offer')
    this.#openChannels()
    return this.#description()
  }

  send(data: Uint8Array | string): void {
    if (typeof data === 'string') this.#frames?.sendMessage(data)
    else this.#frames?.sendMessageBinary(data)
  }

  sendDatagram(bytes: Uint8Array): void {
    this.#datagrams?.sendMessageBinary(bytes)
  }

  close(): void {
    this.#state = 'over'
    this.#connection.close()
  }

  /** Resolves when nothing native is left of it. */
  gone(): Promise<void> {
    if (!held.has(this)) return Promise.resolve()
    return new Promise(resolve => this.#whenGone.push(resolve))
  }

  #openChannels(): void {
    const frames = this.#connection.createDataChannel('frames', { negotiated: true, id: FRAMES })
    const datagrams = this.#connection.createDataChannel('datagrams', {
      negotiated: true,
      id: DATAGRAMS,
      unordered: true,
      maxRetransmits: 0,
    })
    this.#frames = frames
    this.#datagrams = datagrams
    for (const channel of [frames, datagrams]) {
      this.#left.add(channel)
      channel.onOpen(() => {
        if (frames.isOpen() && datagrams.isOpen()) this.#open()
      })
      channel.onClosed(() => {
        this.#release(channel)
        this.#end()
      })
    }
    frames.setBufferedAmountLowThreshold(LOW)
    frames.onBufferedAmountLow(() => {
      if (this.#state === 'open') this.events.drained()
    })
    frames.onMessage(data => {
      this.#open()
      if (this.#state === 'open') this.events.message(typeof data === 'string' ? data : plain(data))
    })
    datagrams.onMessage(data => {
      this.#open()
      if (this.#state !== 'open') return
      if (typeof data === 'string') this.events.fault('A text came as a datagram.')
      else this.events.datagram(plain(data))
    })
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

  #release(part: unknown): void {
    this.#left.delete(part)
    if (this.#left.size > 0) return
    held.delete(this)
    for (const resolve of this.#whenGone.splice(0)) resolve()
  }

  /** What this side says of itself, with all its addresses. Without a STUN server these are known at once. */
  async #description(): Promise<string> {
    for (let waited = 0; waited < GATHER_TIME; waited += GATHER_STEP) {
      if (this.#connection.gatheringState() === 'complete') break
      await new Promise<void>(resolve => this.#clock.after(GATHER_STEP, resolve))
      if (this.#state === 'over') break
    }
    const sdp = this.#state === 'over' ? undefined : this.#connection.localDescription()?.sdp
    if (sdp === undefined) throw new Error('The connection ended before it could begin.')
    return sdp
  }
}

function plain(data: ArrayBuffer | Uint8Array): Uint8Array {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.length)
}
