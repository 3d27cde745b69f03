/** A peer that never reads: answers to its own pings must not pile up, nor pings to it. Rule 32 of docs/guarantees.md. */
import { expect } from 'chai'
import { createServer } from 'fieldcast/server'
import { VirtualClock } from 'fieldcast/testing'
import { Writer } from '../../lib/base/bytes.ts'
import type { Channel, ChannelReceiver, Frame, Listener } from '../../lib/link/transport.ts'
import * as messages from '../../lib/protocol/messages.ts'

/** A wire whose far end never reads a byte. */
class DeafWire implements Listener {
  sent = 0
  aborted = false
  #accept: (channel: Channel) => ChannelReceiver | null = () => null

  async listen(accept: (channel: Channel) => ChannelReceiver | null): Promise<string> {
    this.#accept = accept
    return 'deaf:'
  }

  async close(): Promise<void> {}

  dial(): ChannelReceiver {
    const wire = this
    const channel: Channel = {
      address: '198.51.100.1',
      network: true,
      get buffered() {
        return wire.sent
      },
      send: (frame: Frame) => {
        wire.sent += frame.bytes.length
      },
      close: () => {},
      abort: () => {
        wire.aborted = true
      },
    }
    return this.#accept(channel)!
  }
}

describe('A peer that never reads', () => {
  const limits = { waitingBytes: 1000, callsPerSecond: 1e6, bytesPerSecond: 1e9 }

  it('is closed as too-slow for the answers to its own pings', async () => {
    const wire = new DeafWire()
    const server = createServer({ classes: [], transports: [wire], clock: new VirtualClock(), limits })
    await server.start()
    const ends: string[] = []
    server.on('close', ({ reason }) => ends.push(reason))
    const stranger = wire.dial()
    const w = new Writer()
    messages.putPing(w, 1, 0)
    for (let i = 0; i < 1000; i++) stranger.frame(w.slice())
    expect(ends).to.deep.equal(['too-slow'])
    expect(wire.aborted).to.equal(true)
    expect(wire.sent).to.be.lessThan(2 * limits.waitingBytes + 200)
    await server.stop()
  })

  it('is closed as too-slow by the heartbeat where it says nothing at all', async () => {
    const wire = new DeafWire()
    const clock = new VirtualClock()
    const server = createServer({ classes: [], transports: [wire], clock, limits })
    await server.start()
    const ends: string[] = []
    server.on('close', ({ reason }) => ends.push(reason))
    wire.dial()
    wire.sent = 5000
    await clock.advance(6000)
    expect(ends).to.deep.equal(['too-slow'])
    await server.stop()
  })
})
