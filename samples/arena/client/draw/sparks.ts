/** The small reward for a gem: sparks that fly apart and a number that rises. */
import type { Point } from '../../world.ts'

const LIFE = 700

interface Spark extends Point {
  readonly at: number
  readonly colour: string
  readonly toward: Point
}

interface Rising extends Point {
  readonly at: number
  readonly text: string
}

export class Sparks {
  #sparks: Spark[] = []
  #rising: Rising[] = []

  burst({ x, y }: Point, colour: string, now: number): void {
    for (let i = 0; i < 14; i++) {
      const angle = (i / 14) * Math.PI * 2 + x
      const force = 26 + ((i * 7) % 5) * 8
      this.#sparks.push({
        x,
        y: y - 16,
        at: now,
        colour,
        toward: { x: Math.cos(angle) * force, y: Math.sin(angle) * force * 0.8 },
      })
    }
  }

  rise({ x, y }: Point, text: string, now: number): void {
    this.#rising.push({ x, y, at: now, text })
  }

  draw(ctx: CanvasRenderingContext2D, now: number): void {
    const alive = ({ at }: { readonly at: number }): boolean => now - at < LIFE
    this.#sparks = this.#sparks.filter(alive)
    this.#rising = this.#rising.filter(alive)
    for (const { x, y, at, colour, toward } of this.#sparks) {
      const age = (now - at) / LIFE
      const out = 1 - (1 - age) ** 3
      ctx.globalAlpha = 1 - age
      ctx.fillStyle = colour
      ctx.beginPath()
      ctx.arc(x + toward.x * out, y + toward.y * out + age * age * 22, 3.6 * (1 - age) + 0.6, 0, Math.PI * 2)
      ctx.fill()
    }
    ctx.font = '800 22px ui-rounded, system-ui, sans-serif'
    ctx.textAlign = 'center'
    ctx.lineJoin = 'round'
    for (const { x, y, at, text } of this.#rising) {
      const age = (now - at) / LIFE
      ctx.globalAlpha = 1 - age ** 3
      ctx.lineWidth = 5
      ctx.strokeStyle = '#2b2650'
      ctx.strokeText(text, x, y - 66 - age * 30)
      ctx.fillStyle = '#fff'
      ctx.fillText(text, x, y - 66 - age * 30)
    }
    ctx.globalAlpha = 1
  }
}
