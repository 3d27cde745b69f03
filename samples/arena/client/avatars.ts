/** The client's side of an avatar: others glide from update to update, one's own obeys at once. */
import { Avatar, Gem } from '../model.ts'
import { distance, inside, type Point, SPEED } from '../world.ts'
import { DELAY, Track } from './track.ts'

/** Time between two reports of one's own place, ms. */
const REPORT_EVERY = 50
/** Nearer than this the server's word is one's own, rounded. */
const SLACK = 2

export interface Speech {
  readonly text: string
  readonly at: number
}

/** An avatar as it is seen. */
export class SeenAvatar extends Avatar {
  readonly since: number = performance.now()
  speech: Speech | null = null
  readonly #track = new Track()

  override moveTo(x: number, y: number): void {
    super.moveTo(x, y)
    this.#track.add(performance.now(), { x, y })
  }

  override say(text: string): void {
    this.speech = { text, at: performance.now() }
    SeenAvatar.heard(this, text)
  }

  /** Where to draw it at this moment. */
  place(now: number): Point {
    return this.#track.at(now - DELAY) ?? this
  }

  /** Told of everything that is said in view. */
  static heard: (speaker: SeenAvatar, text: string) => void = () => {}
}

/** One's own. */
export class OwnAvatar extends SeenAvatar {
  #at: Point = { x: 0, y: 0 }
  #reportedAt = 0

  /** Runs for one's own steps as they are sent, and when the server says otherwise: then it is right. */
  override moveTo(x: number, y: number): void {
    super.moveTo(x, y)
    if (distance(this.#at, { x, y }) > SLACK) this.#at = { x, y }
  }

  override place(): Point {
    return this.#at
  }

  /** Takes a step. @param direction at most 1 long. */
  walk(direction: Point, seconds: number): void {
    const length = SPEED * seconds
    this.#at = inside({ x: this.#at.x + direction.x * length, y: this.#at.y + direction.y * length })
  }

  /** Tells the server where one is, if that is news. */
  report(now: number): void {
    const x = Math.round(this.#at.x)
    const y = Math.round(this.#at.y)
    if (now - this.#reportedAt < REPORT_EVERY || (x === this.x && y === this.y)) return
    this.#reportedAt = now
    this.send.moveTo(x, y)
  }
}

export class SeenGem extends Gem {
  readonly since: number = performance.now()
}
