/** The bytes that TCP adds to frames: the greeting, the lengths and the close. docs/transports.md has them for other languages. */
import { Buffer } from 'node:buffer'
import type { Frame } from '../../lib/link/transport.ts'
import { LAST_CODE } from '../../lib/protocol/close.ts'
import { formsOf } from '../frame-forms.ts'

/** Where both ends meet unless told otherwise. */
export const DEFAULT_PORT = 7201
/** How long the other end may take to follow a close before the connection ends by force, ms. */
export const PATIENCE = 2000
/** The version of this wire, not of what the frames say. */
export const WIRE_VERSION = 1
/** In the version's place of a server's greeting: it takes no connection, and a close says why. */
export const REFUSED = 0

/** What every connection begins with, in both directions; a version follows. Neither HTTP nor TLS nor a line of text begins so. */
export const MAGIC: Uint8Array = Uint8Array.of(0xfc, 0x66, 0x63, 0x2d, 0x74, 0x63, 0x70)
/** Bytes of a greeting. */
export const GREETING = 8

/** Bytes of the length before a frame. */
export const HEADER = 4
/** This bit of the header says that a close follows, not a frame. */
export const CLOSES = 0x8000_0000
/** Bytes of the code in a close. */
export const CODE = 2
/** Most bytes of the text in a close. */
export const MAX_TEXT = 1024

/** A greeting; with `close` behind it a refusal. */
export function greeting(version: number, close: Uint8Array = new Uint8Array(0)): Buffer {
  return Buffer.concat([MAGIC, Uint8Array.of(version), close])
}

/** A frame's wire form: kept in it for the next receiver, or built in place where there is none. */
export function tcpFrame(frame: Frame): Buffer {
  const { bytes: payload, room } = frame
  if (room < HEADER) return (formsOf(frame).tcp ??= build(payload))
  const bytes = Buffer.from(payload.buffer as ArrayBuffer, payload.byteOffset - HEADER, HEADER + payload.length)
  bytes.writeUInt32LE(payload.length, 0)
  return bytes
}

function build(payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER + payload.length)
  bytes.writeUInt32LE(payload.length, 0)
  bytes.set(payload, HEADER)
  return bytes
}

/** A close, its text cut between two characters where its UTF-8 is too long. No code is 0. */
export function closeFrame(code: number, text: string): Buffer {
  const bytes = Buffer.alloc(HEADER + CODE + MAX_TEXT)
  const { written } = new TextEncoder().encodeInto(text, bytes.subarray(HEADER + CODE))
  bytes.writeUInt32LE(CLOSES + CODE + written, 0)
  bytes.writeUInt16LE(code > 0 && code <= LAST_CODE ? code : 0, HEADER)
  return bytes.subarray(0, HEADER + CODE + written)
}
