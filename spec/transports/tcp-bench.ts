/** What the TCP specs share: servers that are closed after each test with nothing left open, and a client made of a bare socket. */
import { closeFrame, greeting, WIRE_VERSION } from '../../transports/tcp/wire.ts'
import { type TcpDialerOptions, type TcpOptions, tcp, tcpDialer } from '../../transports/tcp.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { RawClient } from './raw-client.ts'
import { Bench } from './recorder.ts'

export interface TcpBenches {
  /** A listening server and a dialer. */
  opened(options?: TcpOptions, dialer?: TcpDialerOptions): Promise<Bench>
}

/** To call within `describe`: after each test all is closed, and no socket, server or timer stays, whatever the test did. */
export function tcpBenches(): TcpBenches {
  const benches: Bench[] = []
  let before = 0

  beforeEach(async () => {
    before = await settledHandles()
  })
  afterEach(async () => {
    await Promise.all(benches.splice(0).map(bench => bench.listener.close()))
    await expectReturnTo(before)
  })

  return {
    async opened(options = {}, dialer) {
      const bench = new Bench(tcp({ port: 0, ...options }), tcpDialer(dialer))
      await bench.listen()
      benches.push(bench)
      return bench
    },
  }
}

/** What an honest client begins with. */
export const HELLO: Buffer = greeting(WIRE_VERSION)

/** A frame as it should be. */
export function framed(payload: Uint8Array | string): Buffer {
  const body = Buffer.from(payload as Uint8Array)
  return Buffer.concat([lengthOf(body.length), body])
}

/** The header of a frame, alone. */
export function lengthOf(bytes: number): Buffer {
  const header = Buffer.alloc(4)
  header.writeUInt32LE(bytes)
  return header
}

/** A close with any body. */
export function closing(body: Uint8Array | string): Buffer {
  const bytes = Buffer.from(body as Uint8Array)
  return Buffer.concat([lengthOf(0x8000_0000 + bytes.length), bytes])
}

/** A bare socket whose greeting was answered. */
export async function greeted(port: number, stubborn = false): Promise<RawClient> {
  const raw = await RawClient.open(port, '', stubborn)
  raw.socket.write(HELLO)
  await raw.until(() => raw.received.length >= HELLO.length || raw.ended)
  if (!raw.received.subarray(0, HELLO.length).equals(HELLO)) throw new Error('The greeting was not answered.')
  raw.received = raw.received.subarray(HELLO.length)
  return raw
}

/** The code and text of the server's close; undefined where the connection ended without one. Frames before it are stepped over. */
export async function closeHeard(raw: RawClient): Promise<{ code: number; text: string } | undefined> {
  const find = (): Buffer | undefined => {
    for (let at = 0; at + 4 <= raw.received.length; ) {
      const header = raw.received.readUInt32LE(at)
      const end = at + 4 + (header & 0x7fff_ffff)
      if (header >= 0x8000_0000) return end <= raw.received.length ? raw.received.subarray(at + 4, end) : undefined
      at = end
    }
    return undefined
  }
  await raw.until(() => raw.ended || find() !== undefined)
  const body = find()
  return body && { code: body.readUInt16LE(0), text: body.toString('utf8', 2) }
}

/** What a server answers to one whom it takes no connection of. */
export const refusal = (code: number, text: string): Buffer => greeting(0, closeFrame(code, text))
