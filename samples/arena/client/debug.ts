/** `window.arena`: what this page sees, for the console and for tests. It can be looked at, and changes nothing. */
import { Board } from '../model.ts'
import { SeenAvatar, SeenGem } from './avatars.ts'
import type { Connection } from './connection.ts'

export interface SeenPlayer {
  readonly id: number
  readonly name: string
  readonly x: number
  readonly y: number
  readonly zone: number | null
  readonly score: number
  /** What was said last. */
  readonly said: string | null
}

export interface ArenaView {
  readonly phase: string
  readonly me: SeenPlayer | null
  /** Everybody in view but oneself. */
  readonly others: readonly SeenPlayer[]
  readonly zones: readonly number[]
  readonly gems: readonly {
    readonly id: number
    readonly x: number
    readonly y: number
    readonly zone: number | null
  }[]
  readonly players: number
  readonly latency: number
}

declare global {
  interface Window {
    /** Freshly looked at each time. */
    readonly arena: ArenaView
  }
}

export function expose(connection: Connection): void {
  Object.defineProperty(window, 'arena', { get: () => view(connection) })
}

function view({ state }: Connection): ArenaView {
  const { phase } = state
  if (state.phase !== 'playing') return { phase, me: null, others: [], zones: [], gems: [], players: 0, latency: 0 }
  const { avatar, objects, zones, latency } = state.client
  return {
    phase,
    me: player(avatar),
    others: objects
      .of(SeenAvatar)
      .filter(other => other !== avatar)
      .map(player),
    zones: [...zones].sort((a, b) => a - b),
    gems: objects.of(SeenGem).map(({ id, x, y, zone }) => ({ id, x, y, zone })),
    players: objects.of(Board)[0]?.players ?? 0,
    latency,
  }
}

/** Where others are drawn, not where they were last heard of. */
function player(avatar: SeenAvatar): SeenPlayer {
  const { id, name, zone, score, speech } = avatar
  return { id, name, ...point(avatar), zone, score, said: speech?.text ?? null }
}

function point(avatar: SeenAvatar): { x: number; y: number } {
  const { x, y } = avatar.place(performance.now())
  return { x, y }
}
