/** What a router tells of itself. */
import type { CloseName } from '../../lib/protocol/close.ts'

/** `waiting`: no link to a game server stands, so nobody can come in. */
export type RouterState = 'new' | 'waiting' | 'running' | 'stopped'

export interface RouterEvents {
  /** `state` is another one now. */
  state: { readonly state: RouterState }
  /** A link has come up. */
  'link-up': {
    /** The game server's address where it dialled, else the url that was dialled. */
    readonly server: string
    /** How many stand now. */
    readonly links: number
  }
  /** A link has ended, or did not come about; it is dialled again. Its players were ended as `lost`. */
  'link-down': {
    readonly server: string
    readonly links: number
    readonly reason: CloseName | 'game' | 'unknown' | 'connection-failed'
    readonly text: string
  }
  /** A newcomer was turned away. */
  refused: {
    readonly address: string
    readonly why: 'address' | 'full' | 'no-link'
  }
  /** A listener of an event threw. */
  error: { readonly error: unknown; readonly where: string }
}
