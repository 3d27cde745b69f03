/** A wire with datagrams, each of which a spec may lose, double or send later. */
import type { Clock } from '../../lib/base/clock.ts'
import { type Channel, type Dialer, Frame, type Listener } from '../../lib/link/transport.ts'
import { memory } from '../../transports/memory.ts'

/** One datagram that was sent. `pass` hands it over, now or later. */
export interface Sent {
  readonly toServer: boolean
  readonly bytes: Uint8Array
  readonly pass: () => void
}

/** @param fate decides on each datagram. */
export function fatedWire(clock: Clock, fate: (sent: Sent) => void): Listener & Dialer {
  const wire = memory({ clock, datagrams: true })
  const fated = (channel: Channel, toServer: boolean): Channel => ({
    address: channel.address,
    network: channel.network,
    get buffered() {
      return channel.buffered
    },
    send: frame => channel.send(frame),
    close: (code, text) => channel.close(code, text),
    abort: () => channel.abort(),
    datagrams: {
      maxSize: channel.datagrams!.maxSize,
      send(frame) {
        const bytes = frame.bytes.slice()
        fate({ toServer, bytes, pass: () => channel.datagrams!.send(new Frame(bytes)) })
      },
    },
  })
  return {
    listen: (accept, limits) => wire.listen(channel => accept(fated(channel, false)), limits),
    close: () => wire.close(),
    dial: (url, accept, limits) => wire.dial(url, channel => accept(fated(channel, true)), limits),
  }
}
