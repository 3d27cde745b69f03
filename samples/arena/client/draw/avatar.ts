/** An avatar: a round little somebody who looks where it walks. */
import type { Point } from '../../world.ts'
import { colourOf } from '../colours.ts'
import { shadow } from './plants.ts'

/** How tall an avatar is, in units: labels stand above. */
export const TALL = 52

/** How an avatar holds itself, eased from frame to frame. */
export class Pose {
  #last: Point | null = null
  /** Where it looks: -1 to 1 each way. */
  #gaze: Point = { x: 0, y: 0.4 }
  /** 0 still, 1 walking. */
  #gait = 0
  #stride = 0

  draw(ctx: CanvasRenderingContext2D, at: Point, colour: number, now: number, seconds: number): void {
    this.#ease(at, seconds)
    const bounce = Math.abs(Math.sin(this.#stride)) * 7 * this.#gait
    const breath = Math.sin(now / 620 + at.x) * 0.8 * (1 - this.#gait)
    const squeeze = 1 + Math.cos(this.#stride * 2) * 0.05 * this.#gait
    ctx.save()
    ctx.translate(at.x, at.y)
    shadow(ctx, 25 - bounce * 0.7)
    this.#feet(ctx, colourOf(colour).shade)
    ctx.translate(0, -7 - bounce)
    ctx.rotate(this.#gaze.x * 0.09 * this.#gait)
    ctx.scale(1 / squeeze, squeeze + breath * 0.012)
    body(ctx, colour)
    this.#face(ctx, now, at)
    ctx.restore()
  }

  #ease(at: Point, seconds: number): void {
    const last = this.#last ?? at
    this.#last = at
    const moved = Math.hypot(at.x - last.x, at.y - last.y)
    const walks = moved > 0.2 && moved < 90
    const part = 1 - Math.exp(-seconds * 12)
    this.#gait += ((walks ? 1 : 0) - this.#gait) * part
    this.#stride = walks ? this.#stride + moved * 0.072 : this.#stride
    if (walks) this.#gaze = toward(this.#gaze, { x: (at.x - last.x) / moved, y: (at.y - last.y) / moved }, part)
    else this.#gaze = toward(this.#gaze, { x: this.#gaze.x * 0.6, y: 0.4 }, part * 0.2)
  }

  #feet(ctx: CanvasRenderingContext2D, shade: string): void {
    ctx.fillStyle = shade
    for (const side of [-1, 1]) {
      const lift = Math.max(0, Math.sin(this.#stride + (side > 0 ? Math.PI : 0))) * 7 * this.#gait
      ctx.beginPath()
      ctx.ellipse(side * 8 + this.#gaze.x * 2 * this.#gait, -4 - lift, 6.5, 4.8, 0, 0, Math.PI * 2)
      ctx.fill()
    }
  }

  #face(ctx: CanvasRenderingContext2D, now: number, at: Point): void {
    const { x, y } = this.#gaze
    // From behind there is no face to see.
    if (y < -0.75) return
    const blink = (now + at.x * 37) % 3600 < 130 ? 0.15 : 1
    for (const side of [-1, 1]) {
      const eye = { x: side * 7 + x * 6.5, y: -27 + y * 3.4 }
      const near = 1 - Math.abs(x) * (side === Math.sign(x) ? 0.22 : 0.04)
      ctx.fillStyle = '#fff'
      ctx.beginPath()
      ctx.ellipse(eye.x, eye.y, 5.4 * near, 6.4 * blink, 0, 0, Math.PI * 2)
      ctx.fill()
      if (blink < 1) continue
      ctx.fillStyle = '#2b2650'
      ctx.beginPath()
      ctx.ellipse(eye.x + x * 1.9, eye.y + y * 1.8, 2.9 * near, 3.5, 0, 0, Math.PI * 2)
      ctx.fill()
      ctx.fillStyle = '#fff'
      ctx.beginPath()
      ctx.arc(eye.x + x * 1.9 - 1, eye.y + y * 1.8 - 1.4, 1.1, 0, Math.PI * 2)
      ctx.fill()
    }
    ctx.fillStyle = 'rgba(255, 120, 130, 0.4)'
    for (const side of [-1, 1]) {
      ctx.beginPath()
      ctx.ellipse(side * 13 + x * 5.5, -18.5 + y * 2.6, 3.4, 2.2, 0, 0, Math.PI * 2)
      ctx.fill()
    }
  }
}

function toward(from: Point, to: Point, part: number): Point {
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }
}

function body(ctx: CanvasRenderingContext2D, index: number): void {
  const { light, body: base, shade } = colourOf(index)
  const lit = ctx.createRadialGradient(-8, -34, 3, 0, -20, 34)
  lit.addColorStop(0, light)
  lit.addColorStop(0.45, base)
  lit.addColorStop(1, shade)
  ctx.fillStyle = lit
  ctx.beginPath()
  ctx.moveTo(-18, -12)
  ctx.bezierCurveTo(-20, -34, -15, -44, 0, -44)
  ctx.bezierCurveTo(15, -44, 20, -34, 18, -12)
  ctx.bezierCurveTo(17, -1, 9, 1, 0, 1)
  ctx.bezierCurveTo(-9, 1, -17, -1, -18, -12)
  ctx.fill()
  ctx.fillStyle = 'rgba(255, 255, 255, 0.38)'
  ctx.beginPath()
  ctx.ellipse(-8, -37, 4.5, 2.6, -0.5, 0, Math.PI * 2)
  ctx.fill()
}
