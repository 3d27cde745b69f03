/** Counts and digests the frames of every connection that a server takes. */
import type { ServerOptions } from 'fieldcast/server'

type Listener = NonNullable<ServerOptions['transports']>[number]

/** One direction of one connection. */
class Tally {
  #frames = 0
  #bytes = 0
  #digest = 0x811c9dc5

  add(frame: Uint8Array): void {
    this.#frames++
    this.#bytes += frame.length
    for (const byte of [frame.length & 255, ...frame]) this.#digest = Math.imul(this.#digest ^ byte, 0x01000193)
  }

  toString(): string {
    return `${this.#frames} frames, ${this.#bytes} bytes, ${(this.#digest >>> 0).toString(16).padStart(8, '0')}`
  }
}

export interface Recording {
  readonly listener: Listener
  /** In order of arrival. */
  readonly connections: { readonly sent: Tally; readonly received: Tally }[]
  /** The schema's hash, as each client told it. */
  readonly hashes: string[]
  /** The server's schema as JSON, as it told it to clients with another one. */
  outline: string
}

const SELECT = 0x10
const OUTLINE = 0x41

export function record(inner: Listener): Recording {
  const latin = new TextDecoder('latin1')
  const recording: Recording = {
    connections: [],
    hashes: [],
    outline: '',
    listener: {
      listen: (accept, limits) =>
        inner.listen(channel => {
          const sent = new Tally()
          const received = new Tally()
          const receiver = accept({
            address: channel.address,
            network: channel.network,
            get buffered() {
              return channel.buffered
            },
            send(frame) {
              sent.add(frame.bytes)
              if (frame.bytes[0] === OUTLINE) recording.outline = /\[.*\]/s.exec(latin.decode(frame.bytes))![0]
              channel.send(frame)
            },
            close: (code, text) => channel.close(code, text),
            abort: () => channel.abort(),
          })
          if (!receiver) return null
          recording.connections.push({ sent, received })
          return {
            frame(bytes) {
              received.add(bytes)
              if (bytes[0] === SELECT) recording.hashes.push(/[0-9a-f]{16}/.exec(latin.decode(bytes))![0])
              receiver.frame(bytes)
            },
            end: (code, text) => receiver.end(code, text),
          }
        }, limits),
      close: () => inner.close(),
    },
  }
  return recording
}
