/** A frame as WebSocket writes it, header and payload in one piece: built once, written to every socket as it is. */
import { Buffer } from 'node:buffer'
import type { Frame } from '../../lib/link/transport.ts'

const FINAL_BINARY = 0x82

/** The wire form of a frame that several receivers share. */
class RawFrame {
  readonly bytes: Buffer

  constructor(payload: Uint8Array) {
    const header = headerSize(payload.length)
    this.bytes = Buffer.allocUnsafe(header + payload.length)
    this.bytes.set(payload, header)
    putHeader(this.bytes, payload.length, header)
  }
}

const headerSize = (length: number): number => (length < 126 ? 2 : length < 65536 ? 4 : 10)

function putHeader(bytes: Buffer, length: number, header: number): void {
  bytes[0] = FINAL_BINARY
  if (header === 2) bytes[1] = length
  else if (header === 4) {
    bytes[1] = 126
    bytes[2] = length >> 8
    bytes[3] = length
  } else {
    bytes[1] = 127
    bytes.writeBigUInt64BE(BigInt(length), 2)
  }
}

/** The unmasked wire form of `frame`, as servers send it: kept in the frame for the next receiver, or built in place where there is none. */
export function rawFrame(frame: Frame): Buffer {
  const { bytes: payload, room } = frame
  const header = headerSize(payload.length)
  if (room >= header) {
    const bytes = Buffer.from(payload.buffer as ArrayBuffer, payload.byteOffset - header, header + payload.length)
    putHeader(bytes, payload.length, header)
    return bytes
  }
  if (!(frame.wire instanceof RawFrame)) frame.wire = new RawFrame(payload)
  return (frame.wire as RawFrame).bytes
}
