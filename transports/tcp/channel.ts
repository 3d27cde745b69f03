/** Either end of a TCP or TLS connection that has been greeted. */
import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Clock, Timer } from '../../lib/base/clock.ts'
import type { Channel, ChannelReceiver, Frame } from '../../lib/link/transport.ts'
import { type Turns, Writer } from '../writer.ts'
import { type Found, FrameReader } from './reader.ts'
import { closeFrame, PATIENCE, tcpFrame } from './wire.ts'

/** What a channel needs from the half that opens it. */
export interface Opening {
  readonly socket: Socket
  readonly turns: Turns
  readonly maxFrame: number
  readonly address: string
  readonly clock: Clock
  /** Called after the receiver heard of the end, when the socket is gone. */
  onEnd?(channel: TcpChannel): void
}

export class TcpChannel implements Channel, Found {
  readonly address: string
  readonly network = true
  /** Null until `accept` has returned, and for good where it refused. */
  receiver: ChannelReceiver | null = null
  readonly #socket: Socket
  readonly #writer: Writer
  readonly #reader: FrameReader
  readonly #clock: Clock
  #state: 'open' | 'closing' | 'ended' = 'open'
  #code: number | undefined
  #text = ''
  #force: Timer | null = null

  constructor({ socket, turns, maxFrame, address, clock, onEnd }: Opening) {
    this.#socket = socket
    this.#writer = new Writer(socket, turns)
    this.#reader = new FrameReader(maxFrame, this)
    this.#clock = clock
    this.address = address
    socket.on('data', (chunk: Buffer) => this.read(chunk))
    // Whoever shuts its half has said all, and who has not closed before is lost: nothing is held for it.
    socket.on('end', () => socket.destroy())
    socket.on('close', () => {
      this.#state = 'ended'
      this.#force?.cancel()
      this.#reader.drop()
      this.receiver?.end(this.#code, this.#text)
      onEnd?.(this)
    })
  }

  get buffered(): number {
    return this.#state === 'ended' ? 0 : this.#writer.buffered
  }

  /** Bytes have come; those behind a greeting come by hand. */
  read(chunk: Uint8Array): void {
    if (this.#state === 'open') this.#reader.read(chunk)
  }

  send(frame: Frame): void {
    if (this.#state === 'open') this.#writer.write(tcpFrame(frame))
  }

  close(code: number, text: string): void {
    if (!this.#leave(code, text)) return
    this.#socket.end(closeFrame(code, text))
    this.#force = this.#clock.after(PATIENCE, () => this.#socket.destroy())
  }

  abort(): void {
    this.#leave(undefined, '')
    this.#socket.destroy()
  }

  frame(bytes: Uint8Array): boolean {
    this.receiver?.frame(bytes)
    return this.#state === 'open'
  }

  closed(code: number | undefined, text: string): void {
    if (this.#leave(code, text)) this.#socket.destroy()
  }

  refuse(code: number, text: string): void {
    this.close(code, text)
  }

  /** Takes and sends nothing further; the first reason stands. False when the connection ends already. */
  #leave(code: number | undefined, text: string): boolean {
    if (this.#state !== 'open') return false
    this.#state = 'closing'
    this.#code = code
    this.#text = text
    this.#reader.drop()
    return true
  }
}
