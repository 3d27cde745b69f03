/** A receiver for specs: keeps what it hears, and lets a spec wait for it. */
import type { Channel, ChannelReceiver, Dialer, Listener, WireLimits } from '../../lib/link/transport.ts'
import { Frame } from '../../lib/link/transport.ts'

export const LIMITS: WireLimits = { maxFrame: 1 << 20 }

export class Recorder implements ChannelReceiver {
  readonly channel: Channel
  readonly frames: Uint8Array[] = []
  readonly datagrams: Uint8Array[] = []
  readonly ends: { code: number | undefined; text: string }[] = []
  /** Runs at each frame, before it is kept. */
  onFrame: (bytes: Uint8Array) => void = () => {}
  /** The same for datagrams. */
  onDatagram: (bytes: Uint8Array) => void = () => {}
  /** True while a call into the channel runs: nothing may arrive then. */
  inside = false
  readonly trespasses: string[] = []
  #waiting: { check: () => boolean; done: () => void }[] = []

  constructor(channel: Channel) {
    this.channel = channel
  }

  frame(bytes: Uint8Array): void {
    if (this.inside) this.trespasses.push('frame')
    this.onFrame(bytes)
    this.frames.push(new Uint8Array(bytes))
    this.#look()
  }

  datagram(bytes: Uint8Array): void {
    if (this.inside) this.trespasses.push('datagram')
    this.onDatagram(bytes)
    this.datagrams.push(new Uint8Array(bytes))
    this.#look()
  }

  end(code: number | undefined, text: string): void {
    if (this.inside) this.trespasses.push('end')
    this.ends.push({ code, text })
    this.#look()
  }

  send(...bytes: number[]): void {
    this.channel.send(new Frame(Uint8Array.from(bytes)))
  }

  /** Calls into the channel, and notes what it calls back meanwhile. */
  call(use: (channel: Channel) => void): void {
    this.inside = true
    use(this.channel)
    this.inside = false
  }

  /** Resolves as soon as `check` holds after something arrived. */
  until(check: () => boolean): Promise<void> {
    if (check()) return Promise.resolve()
    return new Promise(done => this.#waiting.push({ check, done }))
  }

  ended(): Promise<void> {
    return this.until(() => this.ends.length > 0)
  }

  has(count: number): Promise<void> {
    return this.until(() => this.frames.length >= count)
  }

  #look(): void {
    const ready = this.#waiting.filter(({ check }) => check())
    this.#waiting = this.#waiting.filter(entry => !ready.includes(entry))
    for (const { done } of ready) done()
  }
}

/** A transport under test: both halves, a listening server that records, and clients that dial it. */
export class Bench {
  readonly listener: Listener
  readonly dialer: Dialer
  readonly servers: Recorder[] = []
  url = ''
  /** False: the next connections are refused. */
  admits = true
  #arrivals: (() => void)[] = []

  constructor(listener: Listener, dialer: Dialer) {
    this.listener = listener
    this.dialer = dialer
  }

  async listen(limits: WireLimits = LIMITS): Promise<void> {
    this.url = await this.listener.listen(channel => {
      if (!this.admits) return null
      const recorder = new Recorder(channel)
      this.servers.push(recorder)
      for (const arrive of this.#arrivals.splice(0)) arrive()
      return recorder
    }, limits)
  }

  /** A client alone. */
  async dial(limits: WireLimits = LIMITS): Promise<Recorder> {
    let client: Recorder | undefined
    await this.dialer.dial(this.url, channel => (client = new Recorder(channel)), limits)
    return client!
  }

  /** Both ends of a new connection. */
  async pair(limits?: WireLimits): Promise<{ client: Recorder; server: Recorder }> {
    const index = this.servers.length
    const client = await this.dial(limits)
    return { client, server: await this.arrival(index) }
  }

  /** The server's end of the connection that came as number `index`. */
  async arrival(index: number): Promise<Recorder> {
    while (!this.servers[index]) await new Promise<void>(resolve => this.#arrivals.push(resolve))
    return this.servers[index]
  }
}

/** Resolves once `check` holds; looks again after each turn of the event loop. For what raises no event. */
export async function eventually(check: () => boolean): Promise<void> {
  while (!check()) await new Promise(resolve => setImmediate(resolve))
}

/** Lets the event loop turn until whatever was under way in it has happened. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve))
}
