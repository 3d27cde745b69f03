/** Gems: they pop up, hover and glint. */
import type { GemKind } from '../../model.ts'
import type { SeenGem } from '../avatars.ts'
import { shadow } from './plants.ts'

interface Cut {
  readonly light: string
  readonly body: string
  readonly deep: string
  readonly size: number
}

export const CUTS: Readonly<Record<GemKind, Cut>> = {
  amber: { light: '#ffe9a3', body: '#ffc23d', deep: '#e0921a', size: 0.85 },
  emerald: { light: '#b4ffd9', body: '#36d391', deep: '#149a64', size: 1 },
  ruby: { light: '#ffc2d4', body: '#ff4f7d', deep: '#c51f55', size: 1.2 },
}

export function drawGem(ctx: CanvasRenderingContext2D, gem: SeenGem, now: number): void {
  const { light, body, deep, size } = CUTS[gem.kind]
  const age = Math.min(1, (now - gem.since) / 320)
  const grown = size * overshoot(age)
  const hover = Math.sin(now / 420 + gem.id) * 3
  ctx.save()
  ctx.translate(gem.x, gem.y)
  shadow(ctx, 15 * age)
  ctx.translate(0, -17 - hover)
  ctx.scale(grown, grown)
  facet(ctx, light, [-11, -4], [-5, -12], [0, -4])
  facet(ctx, '#ffffffcc', [-5, -12], [5, -12], [0, -4])
  facet(ctx, body, [5, -12], [11, -4], [0, -4])
  facet(ctx, body, [-11, -4], [0, -4], [0, 12])
  facet(ctx, deep, [0, -4], [11, -4], [0, 12])
  const glint = (now / 1400 + gem.id * 0.37) % 1
  if (glint < 0.2) star(ctx, 6, -10, Math.sin((glint / 0.2) * Math.PI) * 7)
  ctx.restore()
}

function facet(
  ctx: CanvasRenderingContext2D,
  colour: string,
  ...corners: readonly (readonly [number, number])[]
): void {
  ctx.fillStyle = ctx.strokeStyle = colour
  ctx.lineWidth = 0.6
  ctx.beginPath()
  for (const [x, y] of corners) ctx.lineTo(x, y)
  ctx.closePath()
  ctx.fill()
  ctx.stroke()
}

function star(ctx: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  ctx.fillStyle = '#fff'
  ctx.beginPath()
  for (let i = 0; i < 8; i++) {
    const radius = i % 2 === 0 ? size : size * 0.22
    const angle = (i / 8) * Math.PI * 2
    ctx.lineTo(x + Math.cos(angle) * radius, y + Math.sin(angle) * radius)
  }
  ctx.fill()
}

/** 0 to 1 with a little more on the way. */
function overshoot(part: number): number {
  const left = part - 1
  return 1 + left * left * (2.7 * left + 1.7)
}
