/** Asks for the gems that the player walks over; the server decides who gets them. */
import { distance, REACH } from '../world.ts'
import { SeenGem } from './avatars.ts'
import type { ArenaClient } from './connection.ts'

/** A step nearer than the server demands: it knows where we were a moment ago. */
const NEAR = REACH - 14
/** Before a gem that was refused is asked for again, ms. */
const PAUSE = 300

export class Gathering {
  readonly #gained: (gem: SeenGem) => void
  readonly #notBefore = new WeakMap<SeenGem, number>()

  /** @param gained told of each gem that the server gave. */
  constructor(gained: (gem: SeenGem) => void) {
    this.#gained = gained
  }

  step({ avatar, objects }: ArenaClient, now: number): void {
    const here = avatar.place()
    for (const gem of objects.of(SeenGem))
      if (distance(gem, here) < NEAR && now >= (this.#notBefore.get(gem) ?? 0)) this.#ask(avatar, gem)
  }

  async #ask(avatar: ArenaClient['avatar'], gem: SeenGem): Promise<void> {
    this.#notBefore.set(gem, Number.POSITIVE_INFINITY)
    try {
      await avatar.send.collect(gem)
      this.#gained(gem)
    } catch {
      // Somebody was faster, or the step that led here was taken back.
      this.#notBefore.set(gem, performance.now() + PAUSE)
    }
  }
}
