/** What stands and lies in a zone for the eye alone: the server knows nothing of it, the zone's number is its seed. */
import { between, type Chance, chanceFrom, pick } from '../chance.ts'
import { cornerOf, distance, type Point, WORLD_SIZE, ZONE_SIZE, ZONES } from '../world.ts'
import { biomeOf, type Plant } from './biomes.ts'

/** Something that one can walk behind. */
export interface Standing extends Point {
  readonly plant: Plant
  readonly size: number
  /** Which of a plant's few shapes. */
  readonly shape: number
}

/** Something flat, in units from the zone's corner. */
export interface Flat extends Point {
  readonly size: number
  readonly colour: string
}

export interface Scenery {
  /** From the back to the front. */
  readonly standing: readonly Standing[]
  readonly patches: readonly Flat[]
  readonly tufts: readonly Flat[]
  readonly flowers: readonly Flat[]
}

/** How many shapes each plant has. */
export const SHAPES = 3

const sceneries = new Map<number, Scenery>()

export function sceneryOf(zone: number): Scenery {
  const scenery = sceneries.get(zone) ?? grow(zone)
  sceneries.set(zone, scenery)
  return scenery
}

function grow(zone: number): Scenery {
  const chance = chanceFrom(zone * 7919 + 13)
  const biome = biomeOf(zone)
  const flat = (count: number, least: number, most: number, colours: readonly string[]): Flat[] =>
    colours.length === 0
      ? []
      : Array.from({ length: count }, () => ({
          ...spot(chance, 40),
          size: between(chance, least, most),
          colour: pick(chance, colours),
        }))
  return {
    standing: plant(zone, chance),
    patches: flat(5, 50, 120, [biome.tuft]),
    tufts: flat(26, 5, 9, [biome.tuft]),
    flowers: flat(22, 2.2, 4.2, biome.flowers),
  }
}

function plant(zone: number, chance: Chance): Standing[] {
  const corner = cornerOf(zone)
  const { plants } = biomeOf(zone)
  const standing: Standing[] = []
  const middle = { x: WORLD_SIZE / 2, y: WORLD_SIZE / 2 }
  for (let tries = 0; tries < 40 && standing.length < 13; tries++) {
    const { x, y } = spot(chance, 64)
    const at = { x: corner.x + x, y: corner.y + y }
    // The middle of the world stays clear: that is where everybody arrives.
    if (standing.some(other => distance(other, at) < 74) || distance(at, middle) < 250) continue
    standing.push({
      ...at,
      plant: pick(chance, plants),
      size: between(chance, 0.8, 1.25),
      shape: Math.floor(chance() * SHAPES),
    })
  }
  return standing.sort((a, b) => a.y - b.y)
}

function spot(chance: Chance, margin: number): Point {
  return { x: between(chance, margin, ZONE_SIZE - margin), y: between(chance, margin, ZONE_SIZE - margin) }
}

export const ALL_ZONES: readonly number[] = Array.from({ length: ZONES * ZONES }, (_, zone) => zone)
