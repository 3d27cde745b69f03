/** Connections that have not asked for anything yet: so many may wait, and the one that has waited longest makes room for the next. */
import type { Socket } from 'node:net'

/** As many as may come in the same moment, after a restart say; those each wait for a round trip, and for TLS. */
const MOST = 10_000

/** A connection as either end of TLS knows it. */
type End = Pick<Socket, 'remoteAddress' | 'remotePort'>

export class Anteroom {
  readonly #waiting = new Map<string, Socket>()
  readonly #most: number

  constructor(most: number = MOST) {
    this.#most = most
  }

  get size(): number {
    return this.#waiting.size
  }

  enter(socket: Socket): void {
    const name = nameOf(socket)
    this.#waiting.set(name, socket)
    socket.once('close', () => this.#waiting.get(name) === socket && this.#waiting.delete(name))
    if (this.#waiting.size <= this.#most) return
    const [oldest, longest] = this.#waiting.entries().next().value!
    this.#waiting.delete(oldest)
    longest.destroy()
  }

  /** It has said what it wants. */
  leave(end: End): void {
    this.#waiting.delete(nameOf(end))
  }
}

const nameOf = ({ remoteAddress, remotePort }: End): string => `${remoteAddress} ${remotePort}`
