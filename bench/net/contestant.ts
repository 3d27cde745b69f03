/** Who takes part in a match over the network: a server's half and a player's half, each in a module of its own. */
import type { Server } from 'node:http'
import type { Row } from '../kit/table.ts'
import type { Ear } from './ear.ts'

export interface Contestant {
  readonly name: string
  readonly kind: Row['kind']
  /** Path of the module from bench/, which exports `serve`. */
  readonly server: string
  /** Path of the module from bench/, which exports `join`. */
  readonly client: string
  /** Handed to `serve`. */
  readonly options?: Readonly<Record<string, unknown>>
  /** Where its crowd is of another size than the match's. */
  readonly players?: number
  readonly note?: string
}

/** Opens a game on `http`, which it may let listen by itself; or elsewhere, where it says: `host:port`. */
export type Serve = (http: Server, options: any) => Promise<string | undefined | void> | void

export interface Player {
  /** @param at what `stamp` gave. */
  move(x: number, y: number, at: number): void
}

/** Resolves when the player can move. Hears, from then on, what the ear wants to hear. */
export type Join = (url: string, ear: Ear) => Promise<Player>
