/** Where the player wants to go: keys, a finger that drags a stick, or a click on a place. */
import { distance, inside, type Point } from '../world.ts'
import type { Camera } from './camera.ts'

/** A finger or a pressed mouse: it has begun somewhere and is somewhere now, in screen pixels. */
export interface Drag {
  readonly from: Point
  readonly to: Point
}

const KEYS: Readonly<Record<string, Point>> = {
  KeyW: { x: 0, y: -1 },
  ArrowUp: { x: 0, y: -1 },
  KeyS: { x: 0, y: 1 },
  ArrowDown: { x: 0, y: 1 },
  KeyA: { x: -1, y: 0 },
  ArrowLeft: { x: -1, y: 0 },
  KeyD: { x: 1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
}
/** How far the stick goes, in pixels. */
export const STICK = 56
/** A finger that moved less than this has tapped. */
const TAP = 12
/** Near enough to count as arrived, in units. */
const ARRIVED = 3
const STILL: Point = { x: 0, y: 0 }

export class Input {
  /** The stick that a finger drags, for drawing. */
  stick: Drag | null = null
  /** Where a click has sent the player, in units. */
  goal: Point | null = null
  readonly #camera: Camera
  readonly #pressed = new Set<string>()
  #pointer: { readonly id: number; readonly touch: boolean; readonly from: Point; to: Point } | null = null

  constructor(camera: Camera) {
    this.#camera = camera
    const { canvas } = camera
    addEventListener('keydown', event => this.#key(event))
    addEventListener('keyup', ({ code }) => this.#pressed.delete(code))
    addEventListener('blur', () => this.release())
    canvas.addEventListener('pointerdown', event => this.#down(event))
    canvas.addEventListener('pointermove', event => this.#move(event))
    canvas.addEventListener('pointerup', event => this.#up(event))
    canvas.addEventListener('pointercancel', () => this.#drop())
    canvas.addEventListener('contextmenu', event => event.preventDefault())
  }

  /** Lets go of everything. */
  release(): void {
    this.#pressed.clear()
    this.goal = null
    this.#drop()
  }

  /** The way to go from here: 0 to 1 long. @param reach how far a step goes, in units: the last one ends at the goal. */
  direction(from: Point, reach: number): Point {
    let x = 0
    let y = 0
    for (const code of this.#pressed) {
      x += KEYS[code]!.x
      y += KEYS[code]!.y
    }
    if (x !== 0 || y !== 0) {
      this.goal = null
      return unit({ x, y }, 1)
    }
    if (this.stick) {
      const { from: middle, to } = this.stick
      return unit({ x: to.x - middle.x, y: to.y - middle.y }, STICK)
    }
    // A mouse that is held down leads.
    if (this.#pointer && !this.#pointer.touch) this.goal = inside(this.#camera.toWorld(this.#pointer.to))
    if (!this.goal) return STILL
    if (distance(from, this.goal) <= ARRIVED) {
      this.goal = null
      return STILL
    }
    return unit({ x: this.goal.x - from.x, y: this.goal.y - from.y }, reach)
  }

  #key(event: KeyboardEvent): void {
    if (
      !(event.code in KEYS) ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.target instanceof HTMLInputElement
    )
      return
    event.preventDefault()
    this.#pressed.add(event.code)
  }

  #down(event: PointerEvent): void {
    if (this.#pointer || event.button !== 0) return
    ;(document.activeElement as HTMLElement | null)?.blur()
    this.#camera.canvas.setPointerCapture(event.pointerId)
    const at = { x: event.clientX, y: event.clientY }
    this.#pointer = { id: event.pointerId, touch: event.pointerType !== 'mouse', from: at, to: at }
    this.goal = null
  }

  #move(event: PointerEvent): void {
    const pointer = this.#pointer
    if (pointer?.id !== event.pointerId) return
    pointer.to = { x: event.clientX, y: event.clientY }
    if (pointer.touch && (this.stick || distance(pointer.from, pointer.to) > TAP)) this.stick = pointer
  }

  #up(event: PointerEvent): void {
    const pointer = this.#pointer
    if (pointer?.id !== event.pointerId) return
    if (!this.stick) this.goal = inside(this.#camera.toWorld(pointer.to))
    this.#drop()
  }

  #drop(): void {
    this.#pointer = null
    this.stick = null
  }
}

/** The same direction, 1 long where it was as long as `full` or longer. */
function unit({ x, y }: Point, full: number): Point {
  const length = Math.max(Math.hypot(x, y), full)
  return { x: x / length, y: y / length }
}
