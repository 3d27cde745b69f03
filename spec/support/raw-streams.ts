/** Bare sockets that have logged in by hand: they can stop reading, end one half, and write what no wire would. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { putLogin, putSelect } from '../../lib/protocol/messages.ts'
import { protocolVersion } from '../../lib/protocol/version.ts'
import {
  ACCEPT,
  BODY,
  COOKIE,
  DATA,
  DATA_HEADER,
  HELLO,
  type Id,
  idAt,
  knock,
  OPEN,
  packetOf,
} from '../../transports/udp/packets.ts'
import { BINARY, frame, upgradeRequest } from '../transports/raw-client.ts'
import { framed, HELLO as GREETING } from '../transports/tcp-bench.ts'
import type { Target } from './besiege.ts'
import { written } from './intruder.ts'
import { certificate } from './walls.ts'

/** What a client begins with, in one frame. */
export function helloOf({ siege }: Target, credentials: unknown = null): Uint8Array {
  return written(w => {
    putSelect(w, { protocol: protocolVersion, connectionType: 'game', hash: siege.world.server.schemaHash })
    putLogin(w, JSON.stringify(credentials))
  })
}

/** A connection to the target’s port, in TLS where the wire is. A stubborn one stays open when the server ends its half. */
export async function socketTo({ wire, port }: Target, stubborn = false): Promise<Socket> {
  const where = { port, host: '127.0.0.1', allowHalfOpen: stubborn }
  const socket =
    wire === 'tls' ? connectSecurely({ ...where, ca: certificate().cert, servername: 'localhost' }) : connect(where)
  socket.on('error', () => {})
  await once(socket, wire === 'tls' ? 'secureConnect' : 'connect')
  return socket
}

/** What opens the wire, before any frame: nothing on those whose opening takes more than bytes. */
export function openingOf({ wire }: Target): Buffer {
  return wire === 'tcp' || wire === 'tls' ? GREETING : Buffer.from(upgradeRequest())
}

/** A frame in the wire’s own form. */
export function wireForm({ wire }: Target, payload: Uint8Array): Buffer {
  return wire === 'tcp' || wire === 'tls' ? framed(payload) : frame(BINARY, payload)
}

/** A logged-in client of a bare socket. */
export class RawStream {
  readonly stopReading: () => void
  readonly destroy: () => void

  private constructor(stopReading: () => void, destroy: () => void) {
    this.stopReading = stopReading
    this.destroy = destroy
  }

  /** Logs in, and waits until the server has the client. */
  static async join(target: Target): Promise<RawStream> {
    const { world } = target.siege
    const connected = new Promise<void>(resolve => {
      const off = world.server.on('connect', () => {
        off()
        resolve()
      })
    })
    const stream = target.wire === 'udp' ? await RawStream.#overUdp(target) : await RawStream.#overStream(target)
    await world.until(connected)
    return stream
  }

  static async #overStream(target: Target): Promise<RawStream> {
    const socket = await socketTo(target)
    socket.write(openingOf(target))
    // The answer to the opening: frames before it would be none of a WebSocket’s.
    await once(socket, 'data')
    socket.write(wireForm(target, helloOf(target)))
    return new RawStream(
      () => socket.pause(),
      () => socket.destroy(),
    )
  }

  static async #overUdp(target: Target): Promise<RawStream> {
    const visitor = await UdpVisitor.open(target.port)
    const hello = helloOf(target)
    await visitor.data(0, Uint8Array.of(hello.length + 1, ...hello))
    return new RawStream(
      () => {},
      () => visitor.close(),
    )
  }
}

/** A UDP connection opened by hand. It acknowledges nothing by itself. */
export class UdpVisitor {
  readonly received: Buffer[] = []
  readonly id: Id
  readonly #socket: UdpSocket
  readonly #port: number

  private constructor(socket: UdpSocket, port: number, id: Id) {
    this.#socket = socket
    this.#port = port
    this.id = id
    socket.on('message', packet => this.received.push(packet))
  }

  static async open(port: number): Promise<UdpVisitor> {
    const socket = createSocket('udp4')
    socket.on('error', () => {})
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const client = { low: port | 0x5000_0000, high: (socket.address().port << 8) | 1 }
    const ask = async (packet: Buffer, kind: number): Promise<Buffer> => {
      socket.send(packet, port, '127.0.0.1')
      const [answer] = (await once(socket, 'message')) as [Buffer]
      if (answer[0] !== kind) throw new Error(`The server answered ${answer[0]}, not ${kind}.`)
      return answer
    }
    const cookie = await ask(knock(HELLO, client), COOKIE)
    const accept = await ask(knock(OPEN, client, cookie.subarray(BODY)), ACCEPT)
    return new UdpVisitor(socket, port, idAt(accept, BODY))
  }

  /** A packet of the stream, with what follows its number. */
  data(number: number, bytes: Uint8Array, next = 0): Promise<void> {
    const packet = packetOf(DATA, this.id, DATA_HEADER + bytes.length)
    packet.writeUInt32LE(number >>> 0, BODY)
    packet.writeUInt32LE(next, BODY + 4)
    packet.set(bytes, DATA_HEADER)
    return this.send(packet)
  }

  /** Resolves when the system has taken the packet. */
  send(packet: Uint8Array): Promise<void> {
    return new Promise(resolve => this.#socket.send(packet, this.#port, '127.0.0.1', () => resolve()))
  }

  close(): void {
    this.#socket.close()
  }
}
