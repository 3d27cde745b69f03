/** A frame as WebSocket writes it, header and payload in one piece: built once, written to every socket as it is. */
import { Buffer } from 'node:buffer'
import type { Frame } from '../../lib/link/transport.ts'
import { formsOf } from '../frame-forms.ts'

const FINAL_BINARY = 0x82

function build(payload: Uint8Array): Buffer {
  const header = headerSize(payload.length)
  const bytes = Buffer.allocUnsafe(header + payload.length)
  bytes.set(payload, header)
  putHeader(bytes, payload.length, header)
  return bytes
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
  const forms = formsOf(frame)
  return (forms.websocket ??= build(payload))
}
