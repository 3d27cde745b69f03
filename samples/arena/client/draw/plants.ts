/** What grows and stands in the zones, each drawn once per kind, shape and palette. The origin is where it touches the ground. */
import { chanceFrom } from '../../chance.ts'
import { zoneAt } from '../../world.ts'
import { type Biome, biomeOf, type Plant } from '../biomes.ts'
import type { Standing } from '../scenery.ts'
import { Textures, texture } from './texture.ts'

type Paint = (ctx: CanvasRenderingContext2D, biome: Biome, lean: number) => void

const WIDTH = 130
const HEIGHT = 150
/** Space below the ground line, for the shadow. */
const BELOW = 26

const pictures = new Textures(120)

export function drawPlant(
  ctx: CanvasRenderingContext2D,
  { plant, x, y, size, shape }: Standing,
  quality: number,
  lowered: number,
): void {
  const biome = biomeOf(zoneAt({ x, y }))
  const { canvas } = pictures.get(`${biome.name} ${plant} ${shape}`, quality, () =>
    texture(WIDTH, HEIGHT, quality, -WIDTH / 2, BELOW - HEIGHT, to => {
      shadow(to, WIDTHS[plant])
      PAINTS[plant](to, biome, chanceFrom(shape + 1)() - 0.5)
    }),
  )
  ctx.drawImage(canvas, x - (WIDTH / 2) * size, y + lowered - (HEIGHT - BELOW) * size, WIDTH * size, HEIGHT * size)
}

/** A soft shadow on the ground. */
export function shadow(ctx: CanvasRenderingContext2D, width: number): void {
  ctx.save()
  ctx.scale(1, 0.36)
  const dark = ctx.createRadialGradient(0, 0, width * 0.2, 0, 0, width)
  dark.addColorStop(0, 'rgba(30, 26, 66, 0.34)')
  dark.addColorStop(1, 'rgba(30, 26, 66, 0)')
  ctx.fillStyle = dark
  ctx.fillRect(-width, -width, width * 2, width * 2)
  ctx.restore()
}

const WIDTHS: Readonly<Record<Plant, number>> = {
  tree: 42,
  pine: 38,
  cactus: 28,
  bush: 36,
  crystal: 34,
  mushroom: 26,
  rock: 34,
  reed: 26,
}

/** How much of what is behind a plant it hides, upward from the ground, in units. */
export const HEIGHTS: Readonly<Record<Plant, number>> = {
  tree: 100,
  pine: 104,
  cactus: 72,
  bush: 40,
  crystal: 78,
  mushroom: 40,
  rock: 28,
  reed: 70,
}

const PAINTS: Readonly<Record<Plant, Paint>> = {
  tree(ctx, { leaves }, lean) {
    trunk(ctx, 9, 34)
    ball(ctx, -20 + lean * 8, -48, 22, leaves)
    ball(ctx, 20 + lean * 8, -50, 23, leaves)
    ball(ctx, lean * 14, -70, 30, leaves)
    glints(ctx, lean * 14 - 9, -80)
  },

  pine(ctx, { leaves: [light, deep] }, lean) {
    trunk(ctx, 8, 20)
    for (const [top, wide, bottom] of [
      [-58, 34, -14],
      [-82, 27, -40],
      [-104, 19, -66],
    ] as const) {
      ctx.fillStyle = across(ctx, -wide, wide, light, deep)
      skirt(ctx, lean * 4, top, wide, bottom)
      // Snow lies on the side of the light.
      ctx.fillStyle = 'rgba(255, 255, 255, 0.9)'
      ctx.beginPath()
      ctx.moveTo(lean * 4, top - 1)
      ctx.quadraticCurveTo(-wide * 0.2, top + 16, -wide * 0.62, bottom - 12)
      ctx.quadraticCurveTo(-wide * 0.3, bottom - 18, -wide * 0.1, top + 26)
      ctx.quadraticCurveTo(wide * 0.1, top + 22, lean * 4, top - 1)
      ctx.fill()
    }
  },

  cactus(ctx, { leaves: [light, deep] }, lean) {
    const height = 62 + lean * 14
    ctx.lineCap = ctx.lineJoin = 'round'
    ctx.strokeStyle = across(ctx, -22, 22, light, deep)
    ctx.lineWidth = 13
    line(ctx, [-1, -24], [-21, -26], [-21, -44 - lean * 12])
    line(ctx, [1, -32], [20, -34], [20, -54 + lean * 14])
    ctx.lineWidth = 19
    line(ctx, [0, -7], [0, -height])
    ctx.strokeStyle = 'rgba(255, 255, 255, 0.35)'
    ctx.lineWidth = 2
    line(ctx, [-4, -12], [-4, -height])
    ctx.fillStyle = '#ff8fab'
    disc(ctx, 0, -height - 9, 5)
  },

  bush(ctx, { leaves, flowers }, lean) {
    ball(ctx, -17, -13, 16, leaves)
    ball(ctx, 17, -12, 15, leaves)
    ball(ctx, lean * 6, -20, 20, leaves)
    ctx.fillStyle = flowers[0] ?? '#fff'
    for (const [x, y] of [
      [-18, -18],
      [-6, -30],
      [8, -22],
      [19, -16],
      [-2, -12],
    ] as const)
      disc(ctx, x + lean * 4, y, 2.6)
  },

  crystal(ctx, { leaves: [light, deep] }, lean) {
    shard(ctx, -17, 34 + lean * 12, 9, -0.32, light, deep)
    shard(ctx, 17, 42 - lean * 12, 10, 0.28, light, deep)
    shard(ctx, 0, 70 + lean * 10, 14, lean * 0.12, light, deep)
  },

  mushroom(ctx, _biome, lean) {
    toadstool(ctx, -13, 20, 12)
    toadstool(ctx, 10 + lean * 4, 34, 20)
  },

  rock(ctx, { stone: [light, deep] }, lean) {
    boulder(ctx, 18, 15, 12, light, deep)
    boulder(ctx, -5 + lean * 8, 24, 30, light, deep)
  },

  reed(ctx, { leaves: [light, deep] }, lean) {
    ctx.lineCap = 'round'
    for (const [x, height, bend] of [
      [-14, 40, -8],
      [-6, 58, -3],
      [2, 48, 4],
      [10, 62, 6],
      [17, 38, 11],
    ] as const) {
      ctx.strokeStyle = x % 4 === 0 ? light : deep
      ctx.lineWidth = 4
      ctx.beginPath()
      ctx.moveTo(x, 0)
      ctx.quadraticCurveTo(x, -height * 0.6, x + bend + lean * 8, -height)
      ctx.stroke()
      if (height < 46) continue
      ctx.strokeStyle = '#8a5a3c'
      ctx.lineWidth = 7
      line(ctx, [x + bend + lean * 8, -height + 2], [x + bend + lean * 8, -height - 11])
    }
  },
}

function trunk(ctx: CanvasRenderingContext2D, width: number, height: number): void {
  ctx.fillStyle = across(ctx, -width, width, '#a9795a', '#74503c')
  ctx.beginPath()
  ctx.moveTo(-width * 0.75, 2)
  ctx.quadraticCurveTo(-width * 0.4, -height * 0.5, -width * 0.45, -height)
  ctx.lineTo(width * 0.45, -height)
  ctx.quadraticCurveTo(width * 0.4, -height * 0.5, width * 0.75, 2)
  ctx.quadraticCurveTo(0, 6, -width * 0.75, 2)
  ctx.fill()
}

/** A round body, lit from the upper left. */
function ball(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  [light, deep]: readonly [string, string],
): void {
  const lit = ctx.createRadialGradient(x - radius * 0.4, y - radius * 0.5, radius * 0.1, x, y, radius * 1.1)
  lit.addColorStop(0, light)
  lit.addColorStop(1, deep)
  ctx.fillStyle = lit
  disc(ctx, x, y, radius)
}

function glints(ctx: CanvasRenderingContext2D, x: number, y: number): void {
  ctx.fillStyle = 'rgba(255, 255, 255, 0.28)'
  disc(ctx, x, y, 5)
  disc(ctx, x + 11, y - 5, 3)
}

function skirt(ctx: CanvasRenderingContext2D, x: number, top: number, wide: number, bottom: number): void {
  ctx.beginPath()
  ctx.moveTo(x, top)
  ctx.quadraticCurveTo(wide * 0.35, (top + bottom) / 2, wide, bottom)
  ctx.quadraticCurveTo(0, bottom + 11, -wide, bottom)
  ctx.quadraticCurveTo(-wide * 0.35, (top + bottom) / 2, x, top)
  ctx.fill()
}

function shard(
  ctx: CanvasRenderingContext2D,
  x: number,
  height: number,
  width: number,
  tilt: number,
  light: string,
  deep: string,
): void {
  ctx.save()
  ctx.translate(x, 2)
  ctx.rotate(tilt)
  for (const side of [-1, 1]) {
    ctx.fillStyle = side < 0 ? light : deep
    ctx.beginPath()
    ctx.moveTo(0, -height)
    ctx.lineTo(width * side, -height * 0.72)
    ctx.lineTo(width * 0.75 * side, 0)
    ctx.lineTo(0, 3)
    ctx.fill()
  }
  ctx.fillStyle = 'rgba(255, 255, 255, 0.5)'
  ctx.beginPath()
  ctx.moveTo(0, -height)
  ctx.lineTo(-width, -height * 0.72)
  ctx.lineTo(-width * 0.2, -height * 0.64)
  ctx.fill()
  ctx.restore()
}

function toadstool(ctx: CanvasRenderingContext2D, x: number, height: number, wide: number): void {
  ctx.fillStyle = across(ctx, x - wide * 0.3, x + wide * 0.3, '#fff5e6', '#dcc4a8')
  ctx.beginPath()
  ctx.roundRect(x - wide * 0.26, -height * 0.8, wide * 0.52, height * 0.8, wide * 0.25)
  ctx.fill()
  ctx.fillStyle = across(ctx, x - wide, x + wide, '#f2705f', '#c43f3f')
  ctx.beginPath()
  ctx.moveTo(x - wide, -height * 0.62)
  ctx.bezierCurveTo(x - wide, -height * 1.35, x + wide, -height * 1.35, x + wide, -height * 0.62)
  ctx.quadraticCurveTo(x, -height * 0.48, x - wide, -height * 0.62)
  ctx.fill()
  ctx.fillStyle = 'rgba(255, 255, 255, 0.85)'
  disc(ctx, x - wide * 0.4, -height * 0.85, wide * 0.14)
  disc(ctx, x + wide * 0.15, -height * 1.0, wide * 0.17)
  disc(ctx, x + wide * 0.5, -height * 0.78, wide * 0.11)
}

function boulder(
  ctx: CanvasRenderingContext2D,
  x: number,
  height: number,
  wide: number,
  light: string,
  deep: string,
): void {
  const fall = ctx.createLinearGradient(x - wide * 0.5, -height, x + wide * 0.6, 0)
  fall.addColorStop(0, light)
  fall.addColorStop(1, deep)
  ctx.fillStyle = fall
  ctx.beginPath()
  ctx.moveTo(x - wide, 2)
  ctx.quadraticCurveTo(x - wide * 1.02, -height * 0.8, x - wide * 0.3, -height)
  ctx.quadraticCurveTo(x + wide * 0.5, -height * 1.12, x + wide * 0.86, -height * 0.4)
  ctx.quadraticCurveTo(x + wide * 1.05, 0, x + wide * 0.9, 3)
  ctx.quadraticCurveTo(x, 8, x - wide, 2)
  ctx.fill()
  ctx.strokeStyle = 'rgba(255, 255, 255, 0.35)'
  ctx.lineWidth = 2
  ctx.beginPath()
  ctx.moveTo(x - wide * 0.72, -height * 0.5)
  ctx.quadraticCurveTo(x - wide * 0.5, -height * 0.85, x - wide * 0.1, -height * 0.86)
  ctx.stroke()
}

function across(
  ctx: CanvasRenderingContext2D,
  left: number,
  right: number,
  light: string,
  deep: string,
): CanvasGradient {
  const gradient = ctx.createLinearGradient(left, 0, right, 0)
  gradient.addColorStop(0.1, light)
  gradient.addColorStop(1, deep)
  return gradient
}

function disc(ctx: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  ctx.beginPath()
  ctx.arc(x, y, radius, 0, Math.PI * 2)
  ctx.fill()
}

function line(ctx: CanvasRenderingContext2D, ...points: readonly (readonly [number, number])[]): void {
  ctx.beginPath()
  for (const [x, y] of points) ctx.lineTo(x, y)
  ctx.stroke()
}
