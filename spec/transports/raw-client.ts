/** A WebSocket client made of a bare socket, that can write what no honest one does. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

export const BINARY = 2
export const TEXT = 1
export const CLOSE = 8
export const PING = 9
export const PONG = 10

export class RawClient {
  readonly socket: Socket
  received: Buffer = Buffer.alloc(0)
  ended = false
  #wake: (() => void)[] = []

  constructor(port: number, stubborn: boolean) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: stubborn })
    this.socket.on('data', chunk => {
      this.received = Buffer.concat([this.received, chunk])
      this.#look()
    })
    for (const event of ['end', 'close', 'error']) this.socket.on(event, () => this.#finish())
  }

  /** Connects, and writes `text` as it is. A stubborn one does not end when the server does. */
  static async open(port: number, text = '', stubborn = false): Promise<RawClient> {
    const client = new RawClient(port, stubborn)
    await once(client.socket, 'connect')
    client.socket.write(text)
    return client
  }

  /** Connects and upgrades. */
  static async upgraded(port: number, stubborn = false): Promise<RawClient> {
    const client = await RawClient.open(port, upgradeRequest(), stubborn)
    const answer = await client.answer()
    const accepted = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    if (!answer.includes(accepted)) throw new Error(`not upgraded: ${answer}`)
    return client
  }

  /** The head of the HTTP answer, taken off what was received; what came in all where the connection ended before. */
  async answer(): Promise<string> {
    await this.until(() => this.received.includes('\r\n\r\n') || this.ended)
    const end = this.received.indexOf('\r\n\r\n')
    const head = (end < 0 ? this.received : this.received.subarray(0, end)).toString()
    this.received = this.received.subarray(end < 0 ? this.received.length : end + 4)
    return head
  }

  /** The HTTP answer up to the end of the connection. */
  async wholeAnswer(): Promise<string> {
    await this.until(() => this.ended)
    return this.received.toString()
  }

  /** The code of the server's close frame; undefined where the connection ended without one. */
  async closeCode(): Promise<number | undefined> {
    await this.until(() => this.ended || this.#closeFrame() !== undefined)
    return this.#closeFrame()
  }

  #closeFrame(): number | undefined {
    for (let at = 0; at + 2 <= this.received.length; ) {
      const [first, length] = [this.received[at]!, this.received[at + 1]!]
      if (length > 125) throw new Error('Only short frames were expected here.')
      if (at + 2 + length > this.received.length) return undefined
      if ((first & 15) === CLOSE) return this.received.readUInt16BE(at + 2)
      at += 2 + length
    }
    return undefined
  }

  async until(check: () => boolean): Promise<void> {
    while (!check()) await new Promise<void>(resolve => this.#wake.push(resolve))
  }

  #finish(): void {
    this.ended = true
    this.#look()
  }

  #look(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}

export function upgradeRequest(path = '/', headers: Record<string, string> = {}): string {
  const all = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

/** A frame as a client writes it, masked with `key`, or as it should not be. */
export function frame(
  opcode: number,
  payload: Uint8Array | string = '',
  { final = true, masked = true, reserved = 0, key = [0, 0, 0, 0] } = {},
): Buffer {
  const bytes = Buffer.from(payload as Uint8Array).map((byte, i) => (masked ? byte ^ key[i & 3]! : byte))
  const first = (final ? 0x80 : 0) | reserved | opcode
  const mask = masked ? 0x80 : 0
  const { length } = bytes
  const size =
    length < 126
      ? [length]
      : length < 65536
        ? [126, length >> 8, length & 255]
        : [127, 0, 0, 0, 0, length >>> 24, length >>> 16, length >>> 8, length]
  size[0]! |= mask
  return Buffer.concat([Buffer.from([first, ...size]), Buffer.from(masked ? key : []), bytes])
}
