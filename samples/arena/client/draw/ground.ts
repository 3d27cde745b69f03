/** The plates that the zones stand on. */
import { cornerOf, ZONE_SIZE, zoneName } from '../../world.ts'
import { type Biome, biomeOf } from '../biomes.ts'
import { type Flat, sceneryOf } from '../scenery.ts'
import { type Texture, Textures, texture } from './texture.ts'

/** Half of the gap between two plates, in units. */
const GAP = 4
const RADIUS = 30
/** How thick a plate is. */
const THICKNESS = 9
const GRID = 60

const plates = new Textures(20)

/** Draws a zone's plate. @param part 0 to 1 of its way into place. */
export function drawPlate(ctx: CanvasRenderingContext2D, zone: number, quality: number, part: number): void {
  const { canvas } = plates.get(zone, quality, () => plate(zone, quality))
  const { x, y } = cornerOf(zone)
  ctx.globalAlpha = part
  ctx.drawImage(canvas, x, y + sunk(part), ZONE_SIZE, ZONE_SIZE + THICKNESS)
  ctx.globalAlpha = 1
}

/** How deep a zone still lies that is on its way into place, in units. */
export function sunk(part: number): number {
  return (1 - part) * 46
}

function plate(zone: number, quality: number): Texture {
  const biome = biomeOf(zone)
  return texture(ZONE_SIZE, ZONE_SIZE + THICKNESS, quality, 0, 0, ctx => {
    outline(ctx, THICKNESS)
    ctx.fillStyle = biome.edge
    ctx.fill()
    outline(ctx, 0)
    ctx.fillStyle = slope(ctx, biome)
    ctx.fill()
    ctx.clip()
    decorate(ctx, zone)
    // The upper edge catches the light.
    outline(ctx, 0)
    ctx.strokeStyle = 'rgba(255, 255, 255, 0.4)'
    ctx.lineWidth = 3
    ctx.stroke()
  })
}

function outline(ctx: CanvasRenderingContext2D, lower: number): void {
  ctx.beginPath()
  ctx.roundRect(GAP, GAP + lower, ZONE_SIZE - 2 * GAP, ZONE_SIZE - 2 * GAP - THICKNESS, RADIUS)
}

function slope(ctx: CanvasRenderingContext2D, { ground: [light, deep] }: Biome): CanvasGradient {
  const gradient = ctx.createLinearGradient(0, 0, ZONE_SIZE * 0.8, ZONE_SIZE)
  gradient.addColorStop(0, light)
  gradient.addColorStop(1, deep)
  return gradient
}

function decorate(ctx: CanvasRenderingContext2D, zone: number): void {
  const { patches, tufts, flowers } = sceneryOf(zone)
  for (const patch of patches) blot(ctx, patch)
  ctx.strokeStyle = 'rgba(255, 255, 255, 0.16)'
  ctx.lineWidth = 1.5
  ctx.beginPath()
  for (let at = GRID; at < ZONE_SIZE; at += GRID) {
    ctx.moveTo(at, 0)
    ctx.lineTo(at, ZONE_SIZE)
    ctx.moveTo(0, at)
    ctx.lineTo(ZONE_SIZE, at)
  }
  ctx.stroke()
  ctx.font = '800 84px ui-rounded, system-ui, sans-serif'
  ctx.fillStyle = 'rgba(255, 255, 255, 0.22)'
  ctx.fillText(zoneName(zone), 34, 104)
  for (const tuft of tufts) blades(ctx, tuft)
  for (const { x, y, size, colour } of flowers) {
    ctx.fillStyle = colour
    ctx.beginPath()
    for (let petal = 0; petal < 5; petal++) {
      const angle = (petal / 5) * Math.PI * 2 + size
      const at = { x: x + Math.cos(angle) * size * 0.8, y: y + Math.sin(angle) * size * 0.8 }
      ctx.moveTo(at.x + size * 0.7, at.y)
      ctx.arc(at.x, at.y, size * 0.7, 0, Math.PI * 2)
    }
    ctx.fill()
    ctx.fillStyle = 'rgba(255, 255, 255, 0.75)'
    ctx.beginPath()
    ctx.arc(x, y, size * 0.5, 0, Math.PI * 2)
    ctx.fill()
  }
}

function blot(ctx: CanvasRenderingContext2D, { x, y, size, colour }: Flat): void {
  const glow = ctx.createRadialGradient(x, y, 0, x, y, size)
  glow.addColorStop(0, `${colour}55`)
  glow.addColorStop(1, `${colour}00`)
  ctx.fillStyle = glow
  ctx.fillRect(x - size, y - size, size * 2, size * 2)
}

function blades(ctx: CanvasRenderingContext2D, { x, y, size, colour }: Flat): void {
  ctx.strokeStyle = colour
  ctx.lineWidth = 2
  ctx.lineCap = 'round'
  ctx.beginPath()
  for (const lean of [-0.6, 0, 0.6]) {
    ctx.moveTo(x + lean * 3, y)
    ctx.quadraticCurveTo(x + lean * 4, y - size * 0.6, x + lean * size, y - size * (1.1 - Math.abs(lean) * 0.4))
  }
  ctx.stroke()
}
