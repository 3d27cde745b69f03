/** Bytes that a server's process has sent by wires that do not count them themselves: UDP sockets, and the data channels of WebRTC. */
import type { Socket } from 'node:dgram'
import { subscribe } from 'node:diagnostics_channel'
import type { Channel, Listener } from '../../lib/link/transport.ts'

export const tally = { bytes: 0 }

/** Counts what leaves by UDP sockets that are opened from now on, without the headers of UDP and IP. */
export function countUdp(): void {
  subscribe('udp.socket', message => {
    const { socket } = message as { readonly socket: Socket }
    const send = socket.send.bind(socket) as (packet: Uint8Array, ...rest: unknown[]) => void
    socket.send = ((packet: Uint8Array, ...rest: unknown[]): void => {
      tally.bytes += packet.length
      send(packet, ...rest)
    }) as Socket['send']
  })
}

/** The same listener, whose frames and datagrams are counted. */
export function counted(listener: Listener): Listener {
  return {
    listen: (accept, limits) => listener.listen(channel => accept(countedChannel(channel)), limits),
    close: () => listener.close(),
  }
}

function countedChannel(channel: Channel): Channel {
  const { address, network, datagrams } = channel
  return {
    address,
    network,
    get buffered() {
      return channel.buffered
    },
    send(frame) {
      tally.bytes += frame.bytes.length
      channel.send(frame)
    },
    ...(datagrams && {
      datagrams: {
        maxSize: datagrams.maxSize,
        send(frame) {
          tally.bytes += frame.bytes.length
          datagrams.send(frame)
        },
      },
    }),
    close: (code, text) => channel.close(code, text),
    abort: () => channel.abort(),
  }
}
