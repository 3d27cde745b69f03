/** The map: all zones, the ones that are streamed here bright, and everyone and everything in them. */
import { cornerOf, type Point, WORLD_SIZE, ZONE_SIZE } from '../../world.ts'
import { OwnAvatar, SeenAvatar, SeenGem } from '../avatars.ts'
import { biomeOf } from '../biomes.ts'
import { colourOf } from '../colours.ts'
import type { ArenaClient } from '../connection.ts'
import { CUTS } from '../draw/gem.ts'
import { ALL_ZONES } from '../scenery.ts'
import { element } from './dom.ts'

const canvas = element('minimap', HTMLCanvasElement)
const ctx = canvas.getContext('2d')!

export function drawMinimap(client: ArenaClient, now: number): void {
  const size = Math.round(canvas.clientWidth * Math.min(devicePixelRatio || 1, 2))
  if (size === 0) return
  if (canvas.width !== size) canvas.width = canvas.height = size
  const scale = size / WORLD_SIZE
  ctx.setTransform(scale, 0, 0, scale, 0, 0)
  ctx.clearRect(0, 0, WORLD_SIZE, WORLD_SIZE)
  for (const zone of ALL_ZONES) {
    const { x, y } = cornerOf(zone)
    ctx.globalAlpha = client.zones.has(zone) ? 1 : 0.38
    ctx.fillStyle = biomeOf(zone).ground[1]
    ctx.beginPath()
    ctx.roundRect(x + 22, y + 22, ZONE_SIZE - 44, ZONE_SIZE - 44, 90)
    ctx.fill()
  }
  ctx.globalAlpha = 1
  for (const gem of client.objects.of(SeenGem)) dot(gem, 44, CUTS[gem.kind].deep)
  for (const avatar of client.objects.of(SeenAvatar))
    if (!(avatar instanceof OwnAvatar)) person(avatar.place(now), 82, avatar.colour)
  person(client.avatar.place(), 120, client.avatar.colour)
}

function person(at: Point, radius: number, colour: number): void {
  dot(at, radius + 34, '#fff')
  dot(at, radius, colourOf(colour).body)
}

function dot({ x, y }: Point, radius: number, colour: string): void {
  ctx.fillStyle = colour
  ctx.beginPath()
  ctx.arc(x, y, radius, 0, Math.PI * 2)
  ctx.fill()
}
