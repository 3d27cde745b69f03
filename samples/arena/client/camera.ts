/** What part of the world is on the screen, and how large. */
import type { Point } from '../world.ts'
import { WORLD_SIZE } from '../world.ts'

/** Units along the longer side of the screen: less than two zones, so that what is not streamed yet is never in sight. */
const SIGHT = 1080
/** How much of what lies beyond the world may be seen at its edge, in units. */
const BEYOND = 70

export class Camera {
  /** The middle of the screen, in units. */
  x = WORLD_SIZE / 2
  y = WORLD_SIZE / 2
  /** Screen pixels per unit. */
  scale = 1
  /** Device pixels per screen pixel. */
  density = 1
  width = 0
  height = 0
  readonly #canvas: HTMLCanvasElement

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas
    const resize = (): void => {
      this.density = Math.min(devicePixelRatio || 1, 2.5)
      this.width = innerWidth
      this.height = innerHeight
      canvas.width = Math.round(this.width * this.density)
      canvas.height = Math.round(this.height * this.density)
      this.scale = Math.max(this.width, this.height) / SIGHT
    }
    addEventListener('resize', resize)
    resize()
  }

  get canvas(): HTMLCanvasElement {
    return this.#canvas
  }

  /** Comes nearer to a point; at once where it is far away. */
  follow({ x, y }: Point, seconds: number): void {
    const far = Math.hypot(x - this.x, y - this.y) > SIGHT
    const part = far ? 1 : 1 - Math.exp(-seconds * 9)
    this.x = clamp(this.x + (x - this.x) * part, this.width / this.scale)
    this.y = clamp(this.y + (y - this.y) * part, this.height / this.scale)
  }

  toScreen({ x, y }: Point): Point {
    return { x: (x - this.x) * this.scale + this.width / 2, y: (y - this.y) * this.scale + this.height / 2 }
  }

  toWorld({ x, y }: Point): Point {
    return { x: (x - this.width / 2) / this.scale + this.x, y: (y - this.height / 2) / this.scale + this.y }
  }

  /** Whether something of this radius, in units, is on the screen. */
  sees({ x, y }: Point, radius: number): boolean {
    return (
      Math.abs(x - this.x) < this.width / this.scale / 2 + radius &&
      Math.abs(y - this.y) < this.height / this.scale / 2 + radius
    )
  }

  /** Draws in units from here on. */
  inWorld(ctx: CanvasRenderingContext2D): void {
    const zoom = this.scale * this.density
    ctx.setTransform(
      zoom,
      0,
      0,
      zoom,
      (this.width / 2) * this.density - this.x * zoom,
      (this.height / 2) * this.density - this.y * zoom,
    )
  }

  /** Draws in screen pixels from here on. */
  onScreen(ctx: CanvasRenderingContext2D): void {
    ctx.setTransform(this.density, 0, 0, this.density, 0, 0)
  }
}

function clamp(value: number, extent: number): number {
  const least = extent / 2 - BEYOND
  const most = WORLD_SIZE - least
  return least > most ? WORLD_SIZE / 2 : Math.min(most, Math.max(least, value))
}
