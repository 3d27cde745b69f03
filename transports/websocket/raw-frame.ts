/** A frame as WebSocket writes it, header and payload in one piece: built once, written to every socket as it is. */
import { Buffer } from 'node:buffer'
import type { Frame } from '../../lib/link/transport.ts'

const FINAL_BINARY = 0x82

class RawFrame {
  readonly bytes: Buffer

  constructor({ bytes: payload, room }: Frame) {
    const header = headerSize(payload.length)
    const { buffer, byteOffset, length } = payload
    if (room >= header) this.bytes = Buffer.from(buffer as ArrayBuffer, byteOffset - header, header + length)
    else {
      this.bytes = Buffer.allocUnsafe(header + length)
      this.bytes.set(payload, header)
    }
    putHeader(this.bytes, length, header)
  }
}

const headerSize = (length: number): number => (length < 126 ? 2 : length < 65536 ? 4 : 10)

function putHeader(bytes: Buffer, length: number, header: number): void {
  bytes[0] = FINAL_BINARY
  if (header === 2) bytes[1] = length
  else if (header === 4) {
    bytes[1] = 126
    bytes.writeUInt16BE(length, 2)
  } else {
    bytes[1] = 127
    bytes.writeBigUInt64BE(BigInt(length), 2)
  }
}

/** The unmasked wire form of `frame`, as servers send it. Kept in the frame for the next receiver. */
export function rawFrame(frame: Frame): Buffer {
  if (!(frame.wire instanceof RawFrame)) frame.wire = new RawFrame(frame)
  return (frame.wire as RawFrame).bytes
}
