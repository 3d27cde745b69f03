/** Keeps what travels on a client's connection, with its time. */
import type { Clock } from '../base/clock.ts'
import type { Channel, ChannelReceiver, Datagrams, Frame } from '../link/transport.ts'

/** One frame as it was sent. */
export interface TracedFrame {
  /** Virtual ms. */
  readonly at: number
  /** The client's number, from 1 in the order of joining. */
  readonly client: number
  readonly to: 'server' | 'client'
  readonly bytes: Uint8Array
  /** It was a datagram. */
  readonly datagram?: true
}

type Note = (to: TracedFrame['to'], bytes: Uint8Array, datagram?: true) => void

/** What notes the frames of one client in a trace. */
export function noteIn(trace: TracedFrame[], clock: Clock, client: number): Note {
  return (to, bytes, datagram) =>
    trace.push({ at: clock.now(), client, to, bytes: bytes.slice(), ...(datagram && { datagram }) })
}

/** A client's channel that tells what is sent by it. */
export function tracedChannel(channel: Channel, note: Note): Channel {
  const { datagrams } = channel
  return {
    address: channel.address,
    network: channel.network,
    get buffered() {
      return channel.buffered
    },
    send(frame: Frame) {
      note('server', frame.bytes)
      channel.send(frame)
    },
    ...(datagrams && { datagrams: tracedDatagrams(datagrams, note) }),
    close: (code, text) => channel.close(code, text),
    abort: () => channel.abort(),
  }
}

/** A client's receiver that tells what comes to it. */
export function tracedReceiver(receiver: ChannelReceiver, note: Note): ChannelReceiver {
  return {
    frame: bytes => {
      note('client', bytes)
      receiver.frame(bytes)
    },
    datagram: bytes => {
      note('client', bytes, true)
      receiver.datagram?.(bytes)
    },
    end: (code, text) => receiver.end(code, text),
  }
}

function tracedDatagrams(datagrams: Datagrams, note: Note): Datagrams {
  return {
    maxSize: datagrams.maxSize,
    send(frame) {
      note('server', frame.bytes, true)
      datagrams.send(frame)
    },
  }
}
