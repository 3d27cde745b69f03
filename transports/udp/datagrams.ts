/** The unreliable half of a connection: numbered, so that none is delivered twice, and forgotten as soon as it is sent. */
import type { Buffer } from 'node:buffer'
import type { Datagrams, Frame } from '../../lib/link/transport.ts'
import { Seen } from './numbers.ts'
import { BODY, DATAGRAM, DATAGRAM_HEADER, type Id, PACKET, packetOf } from './packets.ts'

/** Where datagrams go; null where they are lost just now. */
export type Sender = () => { send(packet: Buffer): void } | null

export class UdpDatagrams implements Datagrams {
  readonly maxSize: number = PACKET - DATAGRAM_HEADER
  readonly #sender: Sender
  readonly #peer: Id
  readonly #seen: Seen
  #number: number

  /** @param first the number of the first datagram of either side. */
  constructor(sender: Sender, peer: Id, first: number) {
    this.#sender = sender
    this.#peer = peer
    this.#seen = new Seen(first)
    this.#number = first
  }

  send(frame: Frame): void {
    const { bytes } = frame
    if (bytes.length > this.maxSize) return
    const sender = this.#sender()
    if (!sender) return
    const packet = packetOf(DATAGRAM, this.#peer, DATAGRAM_HEADER + bytes.length)
    packet.writeUInt32LE(this.#number++ >>> 0, BODY)
    packet.set(bytes, DATAGRAM_HEADER)
    sender.send(packet)
  }

  /** The datagram in a packet that has come; null where it came before. */
  read(packet: Buffer): Uint8Array | null {
    if (packet.length < DATAGRAM_HEADER || !this.#seen.isNew(packet.readUInt32LE(BODY))) return null
    const { buffer, byteOffset, length } = packet
    return new Uint8Array(buffer as ArrayBuffer, byteOffset + DATAGRAM_HEADER, length - DATAGRAM_HEADER)
  }
}
