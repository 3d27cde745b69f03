/** The wire forms of one frame that several receivers share, one per kind of wire: players who came by different ones do not undo each other's. */
import type { Buffer } from 'node:buffer'
import type { Frame } from '../lib/link/transport.ts'

export class FrameForms {
  websocket: Buffer | null = null
  tcp: Buffer | null = null
}

/** The forms of `frame` that were built so far; to be added to. */
export function formsOf(frame: Frame): FrameForms {
  if (!(frame.wire instanceof FrameForms)) frame.wire = new FrameForms()
  return frame.wire as FrameForms
}
