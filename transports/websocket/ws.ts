/** The only door to the package `ws`. */
import { WebSocket, WebSocketServer } from 'ws'
import { CloseReason } from '../../lib/protocol/close.ts'
import { PATIENCE } from './close-frame.ts'
import type { Refusal } from './platform.ts'

export { WebSocket, WebSocketServer }

/** Options that both halves give to `ws`. */
export function wsOptions(maxFrame: number): {
  maxPayload: number
  maxFragments: number
  maxBufferedChunks: number
  closeTimeout: number
} {
  return {
    maxPayload: maxFrame,
    // Browsers cut long messages into pieces of some 10 KiB; one-byte pieces without end are an attack.
    maxFragments: 256,
    // `ws` keeps what the socket delivers until a frame is whole: an honest network delivers far more than 256 bytes at a time.
    maxBufferedChunks: Math.max(4096, maxFrame >>> 8),
    // For closes that the peer or `ws` itself began; ours have a timer of their own, on our Clock.
    closeTimeout: PATIENCE,
  }
}

/** What `ws` found wrong with the peer's bytes; null where the error is another. */
export function refusalOf(error: unknown): Refusal | null {
  const { code, message } = (error ?? {}) as { code?: string; message?: string }
  if (!code?.startsWith('WS_ERR_')) return null
  const tooLarge = code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' || code === 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH'
  return { code: tooLarge ? CloseReason['too-large'] : CloseReason.malformed, text: message ?? '' }
}
