/** A wire that goes nowhere by itself: what the server sends is counted, kept where asked for, and handed over by hand. */
import { type Client, connect } from 'fieldcast/client'
import type { createServer, Server } from 'fieldcast/server'
import { type Channel, type ChannelReceiver, type Frame, type Listener, messages, protocolVersion } from './engine.ts'
import { written } from './written.ts'

/** As servers and clients take them. */
type NetworkObjectClass = Parameters<typeof createServer>[0]['classes'][number]

export class HandWire implements Listener {
  readonly lines: Line[] = []
  #accept: ((channel: Channel) => ChannelReceiver | null) | null = null

  async listen(accept: (channel: Channel) => ChannelReceiver | null): Promise<string> {
    this.#accept = accept
    return 'hand:'
  }

  async close(): Promise<void> {}

  /** Opens a line without anybody at its far end. @param keep what the server sends. @param network whether it counts as one. */
  dial(keep = false, network = false): Line {
    const line = new Line(network)
    if (keep) line.kept = []
    line.server = this.#accept!(line.channel)!
    this.lines.push(line)
    return line
  }

  /** A line whose far end says the fewest words that log in. @param deflates whether it takes large frames deflated, over a network. */
  login(server: Server, deflates = false): Line {
    const line = this.dial(false, deflates)
    line.server.frame(
      written(w => {
        messages.putSelect(w, {
          protocol: protocolVersion,
          connectionType: 'game',
          hash: server.schemaHash,
          resumes: true,
          deflates,
        })
        messages.putLogin(w, 'null')
      }),
    )
    return line
  }

  /** A real client at the far end. What the server sends after its welcome waits in `line.kept`. */
  async connect(server: Server, classes: readonly NetworkObjectClass[]): Promise<{ line: Line; client: Client }> {
    let line!: Line
    let opened = false
    const opening = connect('hand:', {
      classes,
      transport: {
        dial: async (_url, accept) => {
          // The server says hello from within, before the client is there to hear it.
          line = this.dial(true)
          line.client = accept({ ...line.channel, send: ({ bytes }) => line.server.frame(bytes) })
        },
      },
    }).finally(() => {
      opened = true
    })
    while (!opened) {
      server.tick()
      line?.handOver()
      await new Promise(setImmediate)
    }
    return { line, client: await opening }
  }

  /** Bytes from the server so far, on all lines. */
  get bytes(): number {
    return this.lines.reduce((sum, { bytes }) => sum + bytes, 0)
  }
}

export class Line {
  /** Sent by the server. */
  bytes = 0
  frames = 0
  kept: Uint8Array[] | null = null
  server!: ChannelReceiver
  client: ChannelReceiver | null = null
  readonly channel: Channel

  constructor(network: boolean) {
    this.channel = {
      address: '',
      network,
      buffered: 0,
      send: ({ bytes }: Frame) => {
        this.bytes += bytes.length
        this.frames++
        this.kept?.push(bytes)
      },
      close: () => {},
      abort: () => {},
    }
  }

  /** Hands what is kept to the client. */
  handOver(): void {
    const frames = this.kept!
    this.kept = []
    for (const bytes of frames) this.client!.frame(bytes)
  }
}
