/** The lie of the land, the same on both sides: a square of zones, what one sees from where, and what is near. */

/** Zones along each side of the world. */
export const ZONES = 8
/** Length of a zone's side, in units; at a zoom of 1 a unit is a pixel. */
export const ZONE_SIZE = 600
export const WORLD_SIZE: number = ZONES * ZONE_SIZE
/** The zone that everybody watches besides those around them. */
export const LOBBY: number = ZONES * ZONES
/** How fast an avatar walks, in units per second. */
export const SPEED = 270
/** How near a gem must be to be taken, in units. */
export const REACH = 44
/** How far from the edge of the world an avatar stays, in units. */
export const MARGIN = 30
/** Where newcomers start, give or take a few steps: in one zone, not far from the middle. */
export const START: Point = { x: (WORLD_SIZE + ZONE_SIZE) / 2, y: (WORLD_SIZE + ZONE_SIZE) / 2 }
/** How many colours an avatar may have. */
export const COLOURS = 10

export interface Point {
  readonly x: number
  readonly y: number
}

/** Zones are numbered row by row from the upper left. */
export function zoneAt({ x, y }: Point): number {
  return Math.floor(y / ZONE_SIZE) * ZONES + Math.floor(x / ZONE_SIZE)
}

/** The upper left corner of a zone. */
export function cornerOf(zone: number): Point {
  return { x: (zone % ZONES) * ZONE_SIZE, y: Math.floor(zone / ZONES) * ZONE_SIZE }
}

/** A zone and its neighbours: nine, or fewer at the edge of the world. */
export function zonesAround(zone: number): number[] {
  const column = zone % ZONES
  const row = Math.floor(zone / ZONES)
  const zones: number[] = []
  for (let y = Math.max(0, row - 1); y <= Math.min(ZONES - 1, row + 1); y++)
    for (let x = Math.max(0, column - 1); x <= Math.min(ZONES - 1, column + 1); x++) zones.push(y * ZONES + x)
  return zones
}

/** `D5`, as on a chess board. */
export function zoneName(zone: number): string {
  return `${String.fromCharCode(65 + (zone % ZONES))}${Math.floor(zone / ZONES) + 1}`
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

/** The nearest place to a point where an avatar may stand. */
export function inside({ x, y }: Point): Point {
  const within = (value: number): number => Math.min(WORLD_SIZE - MARGIN, Math.max(MARGIN, value))
  return { x: within(x), y: within(y) }
}

/** Whether an avatar may stand there. */
export function isInside(point: Point): boolean {
  return distance(point, inside(point)) === 0
}
