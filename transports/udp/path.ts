/** What a connection is given: something that carries its packets, and whom it is between. */
import type { Buffer } from 'node:buffer'
import type { Id } from './packets.ts'

/** What carries the packets of one connection. */
export interface Path {
  send(packet: Buffer): void
  /** True where the system takes no more just now. */
  readonly isClogged: boolean
  /** An answer did not come in time. Nothing at all has for `silence` ms. */
  missed?(silence: number): void
  /** The receiver has heard of the end. */
  ended(): void
  /** Nothing is left to be said to the other end either. Called once, after `ended`. */
  gone(): void
}

/** Whom a connection is between. */
export interface Ends {
  /** What the other end calls its half. */
  readonly peer: Id
  /** What the other end believes a RESET by. */
  readonly resetBy: Id
  readonly address: string
  readonly maxFrame: number
}
