/** A map that forgets what nobody has asked for lately: two halves, of which the older one is thrown away when the newer one is full. */
import type { Clock } from '../base/clock.ts'

export class Recent<V> {
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  #since: number
  readonly #clock: Clock
  readonly #most: number
  readonly #ms: number
  readonly #isNeeded: (value: V) => boolean

  /**
   * @param most entries, beside those that are needed.
   * @param ms after which an entry that nobody asks for is forgotten, at the earliest; at the next new one twice that is over.
   * @param isNeeded what must not be forgotten.
   */
  constructor(clock: Clock, most: number, ms: number, isNeeded: (value: V) => boolean) {
    this.#clock = clock
    this.#most = most
    this.#ms = ms
    this.#isNeeded = isNeeded
    this.#since = clock.now()
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** Without asking for it to be kept. */
  peek(key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  get(key: string, make: () => V): V {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const now = this.#clock.now()
    if (this.#young.size >= this.#most / 2 || now - this.#since >= this.#ms) this.#turn(now)
    const value = this.#young.get(key) ?? this.#old.get(key) ?? make()
    this.#old.delete(key)
    this.#young.set(key, value)
    return value
  }

  #turn(now: number): void {
    const left = [...this.#old].filter(([, value]) => this.#isNeeded(value))
    this.#old = this.#young
    this.#young = new Map(left)
    this.#since = now
  }
}
