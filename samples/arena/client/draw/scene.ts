/** One frame: the plates, what stands on them from the back to the front, and the words above. */
import { cornerOf, type Point, ZONE_SIZE } from '../../world.ts'
import { OwnAvatar, SeenAvatar, SeenGem } from '../avatars.ts'
import type { Camera } from '../camera.ts'
import type { ArenaClient } from '../connection.ts'
import { type Input, STICK } from '../input.ts'
import { ALL_ZONES, type Standing, sceneryOf } from '../scenery.ts'
import { Pose, TALL } from './avatar.ts'
import { drawGem } from './gem.ts'
import { drawPlate, sunk } from './ground.ts'
import { drawPlant, HEIGHTS } from './plants.ts'
import { Sparks } from './sparks.ts'
import { drawName, drawSpeech } from './words.ts'

/** Time that a zone takes to rise into place, ms. */
const RISES = 450
/** No more pixels per unit than this are kept for what is drawn once. */
const BEST_QUALITY = 2
const TREE_HEIGHT = 190

export class Scene {
  readonly sparks: Sparks = new Sparks()
  readonly #ctx: CanvasRenderingContext2D
  readonly #poses = new WeakMap<SeenAvatar, Pose>()
  /** When each zone came into view. */
  readonly #since = new Map<number, number>()

  constructor(canvas: HTMLCanvasElement) {
    this.#ctx = canvas.getContext('2d', { alpha: false })!
  }

  /** @param client null before the player has come in: then the whole world is there, and empty. */
  draw(camera: Camera, client: ArenaClient | null, input: Input, now: number, seconds: number): void {
    const ctx = this.#ctx
    const quality = Math.min(BEST_QUALITY, camera.scale * camera.density)
    camera.onScreen(ctx)
    this.#sky(camera)
    camera.inWorld(ctx)
    const zones = this.#rising(client ? client.zones : ALL_ZONES, now).filter(([zone]) =>
      camera.sees(centre(zone), ZONE_SIZE / 2 + 60),
    )
    for (const [zone, part] of zones) drawPlate(ctx, zone, quality, part)
    if (input.goal) ring(ctx, input.goal, now)
    this.#standing(camera, client, new Map(zones), quality, now, seconds)
    this.sparks.draw(ctx, now)
    camera.onScreen(ctx)
    if (client) this.#words(camera, client, now)
    if (input.stick) stick(ctx, input.stick.from, input.stick.to)
  }

  #sky({ width, height }: Camera): void {
    const deep = this.#ctx.createLinearGradient(0, 0, 0, height)
    deep.addColorStop(0, '#2f2a5e')
    deep.addColorStop(1, '#1d1a3f')
    this.#ctx.fillStyle = deep
    this.#ctx.fillRect(0, 0, width, height)
  }

  /** The zones in view with how far each has risen, 0 to 1. */
  #rising(watched: Iterable<number>, now: number): [zone: number, part: number][] {
    const inView = [...watched].filter(zone => zone < ALL_ZONES.length)
    for (const zone of this.#since.keys()) if (!inView.includes(zone)) this.#since.delete(zone)
    return inView.map(zone => {
      if (!this.#since.has(zone)) this.#since.set(zone, now)
      const left = 1 - Math.min(1, (now - this.#since.get(zone)!) / RISES)
      return [zone, 1 - left ** 3]
    })
  }

  #standing(
    camera: Camera,
    client: ArenaClient | null,
    zones: ReadonlyMap<number, number>,
    quality: number,
    now: number,
    seconds: number,
  ): void {
    const ctx = this.#ctx
    const own = client?.avatar.place()
    const draws: { readonly y: number; readonly draw: () => void }[] = []
    for (const [zone, part] of zones) {
      for (const plant of sceneryOf(zone).standing) {
        if (!camera.sees(plant, TREE_HEIGHT)) continue
        draws.push({
          y: plant.y,
          draw: () => {
            ctx.globalAlpha = part * (own && hides(plant, own) ? 0.42 : 1)
            drawPlant(ctx, plant, quality, sunk(part))
            ctx.globalAlpha = 1
          },
        })
      }
    }
    for (const gem of client?.objects.of(SeenGem) ?? [])
      if (camera.sees(gem, 40)) draws.push({ y: gem.y, draw: () => drawGem(ctx, gem, now) })
    for (const avatar of client?.objects.of(SeenAvatar) ?? []) {
      const at = avatar.place(now)
      if (camera.sees(at, 80))
        draws.push({ y: at.y, draw: () => this.#pose(avatar).draw(ctx, at, avatar.colour, now, seconds) })
    }
    for (const { draw } of draws.sort((a, b) => a.y - b.y)) draw()
  }

  #words(camera: Camera, client: ArenaClient, now: number): void {
    const avatars = client.objects.of(SeenAvatar).map(avatar => ({ avatar, at: avatar.place(now) }))
    const near = avatars.filter(({ at }) => camera.sees(at, 120)).sort((a, b) => a.at.y - b.at.y)
    const above = near.map(({ avatar, at }) => ({ avatar, top: camera.toScreen({ x: at.x, y: at.y - TALL - 3 }) }))
    for (const { avatar, top } of above)
      drawName(this.#ctx, top, avatar.name, avatar.colour, avatar instanceof OwnAvatar)
    for (const { avatar, top } of above) if (avatar.speech) drawSpeech(this.#ctx, top, avatar.speech, now)
  }

  #pose(avatar: SeenAvatar): Pose {
    const pose = this.#poses.get(avatar) ?? new Pose()
    this.#poses.set(avatar, pose)
    return pose
  }
}

function centre(zone: number): Point {
  const { x, y } = cornerOf(zone)
  return { x: x + ZONE_SIZE / 2, y: y + ZONE_SIZE / 2 }
}

/** Whether someone who stands there would not be seen. */
function hides({ plant, x, y, size }: Standing, at: Point): boolean {
  return at.y < y && at.y > y - HEIGHTS[plant] * size && Math.abs(at.x - x) < 44 * size
}

/** Where a click has sent the player. */
function ring(ctx: CanvasRenderingContext2D, { x, y }: Point, now: number): void {
  const pulse = (now / 900) % 1
  ctx.lineWidth = 3
  for (const [radius, alpha] of [
    [12, 0.9],
    [12 + pulse * 16, 0.7 * (1 - pulse)],
  ] as const) {
    ctx.strokeStyle = `rgba(255, 255, 255, ${alpha})`
    ctx.beginPath()
    ctx.ellipse(x, y, radius, radius * 0.55, 0, 0, Math.PI * 2)
    ctx.stroke()
  }
}

function stick(ctx: CanvasRenderingContext2D, from: Point, to: Point): void {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const part = Math.min(1, STICK / (length || 1))
  ctx.fillStyle = 'rgba(255, 255, 255, 0.2)'
  ctx.strokeStyle = 'rgba(255, 255, 255, 0.5)'
  ctx.lineWidth = 2
  ctx.beginPath()
  ctx.arc(from.x, from.y, STICK, 0, Math.PI * 2)
  ctx.fill()
  ctx.stroke()
  ctx.fillStyle = 'rgba(255, 255, 255, 0.85)'
  ctx.beginPath()
  ctx.arc(from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part, 25, 0, Math.PI * 2)
  ctx.fill()
}
