/** What each zone looks like: a palette and what grows there. Neighbours tend to look alike, and the seed makes it the same on every screen. */
import { between, chanceFrom } from '../chance.ts'
import { cornerOf, distance, type Point, WORLD_SIZE, ZONE_SIZE, ZONES } from '../world.ts'

export type Plant = 'tree' | 'pine' | 'cactus' | 'bush' | 'crystal' | 'mushroom' | 'rock' | 'reed'

export interface Biome {
  readonly name: string
  /** The ground at its upper left and its lower right. */
  readonly ground: readonly [light: string, deep: string]
  /** The edge of the plate that the zone stands on. */
  readonly edge: string
  readonly tuft: string
  readonly flowers: readonly string[]
  readonly leaves: readonly [light: string, deep: string]
  readonly stone: readonly [light: string, deep: string]
  /** What grows; the more often named, the more of it. */
  readonly plants: readonly Plant[]
}

const GREY = ['#c9cfdd', '#9aa3ba'] as const

const MEADOW: Biome = {
  name: 'Meadow',
  ground: ['#bfe39a', '#9fce7f'],
  edge: '#6c9a57',
  tuft: '#84b968',
  flowers: ['#fffdf0', '#ffd166', '#ff9db0'],
  leaves: ['#79c66c', '#46975a'],
  stone: GREY,
  plants: ['tree', 'tree', 'bush', 'rock'],
}

const BIOMES: readonly Biome[] = [
  MEADOW,
  {
    name: 'Dunes',
    ground: ['#f9e8bd', '#eed197'],
    edge: '#bb9a5f',
    tuft: '#d9b872',
    flowers: [],
    leaves: ['#8cc48f', '#57906a'],
    stone: ['#e6cfa3', '#c2a26d'],
    plants: ['cactus', 'cactus', 'rock'],
  },
  {
    name: 'Lavender Fields',
    ground: ['#d9cff8', '#bfb0ea'],
    edge: '#8676bd',
    tuft: '#a08ddb',
    flowers: ['#8d76d6', '#f6f0ff', '#b59af0'],
    leaves: ['#b79bf2', '#8163cb'],
    stone: GREY,
    plants: ['bush', 'bush', 'tree'],
  },
  {
    name: 'Snowfield',
    ground: ['#f8fbff', '#dde8f5'],
    edge: '#9db3cb',
    tuft: '#c3d4e6',
    flowers: [],
    leaves: ['#8cc0b2', '#4f8a82'],
    stone: ['#dbe4f0', '#a9b8cc'],
    plants: ['pine', 'pine', 'pine', 'rock'],
  },
  {
    name: 'Autumn Woods',
    ground: ['#f9d9ac', '#eab981'],
    edge: '#b07d4c',
    tuft: '#d79b5c',
    flowers: ['#e0604c', '#f4a340'],
    leaves: ['#f6a055', '#d2603a'],
    stone: ['#d8c6b4', '#ab9580'],
    plants: ['tree', 'tree', 'mushroom', 'bush'],
  },
  {
    name: 'Lagoon',
    ground: ['#b3ebe3', '#82cfcb'],
    edge: '#4b9797',
    tuft: '#69bcb8',
    flowers: ['#ffffff', '#ffb4c8'],
    leaves: ['#5cb98c', '#35856d'],
    stone: ['#c4dede', '#8fb4b8'],
    plants: ['reed', 'reed', 'rock'],
  },
  {
    name: 'Blossom Garden',
    ground: ['#fddbe2', '#f3b9c7'],
    edge: '#bb7b8f',
    tuft: '#e398ac',
    flowers: ['#ffffff', '#ff7fa3'],
    leaves: ['#ffb3c7', '#e9789a'],
    stone: GREY,
    plants: ['tree', 'tree', 'bush', 'rock'],
  },
  {
    name: 'Crystal Barrens',
    ground: ['#b9c2e0', '#929dc4'],
    edge: '#5d6890',
    tuft: '#7985ae',
    flowers: ['#d5f6ff'],
    leaves: ['#b5f1ff', '#58b3e0'],
    stone: ['#a3abc9', '#737da3'],
    plants: ['crystal', 'crystal', 'rock'],
  },
]

const biomes = layOut()

export function biomeOf(zone: number): Biome {
  return biomes[zone]!
}

/** Each zone takes the look of the nearest of some points; the middle is a meadow. */
function layOut(): Biome[] {
  const chance = chanceFrom(4)
  const middle = WORLD_SIZE / 2
  const points: { at: Point; biome: Biome }[] = [{ at: { x: middle, y: middle }, biome: MEADOW }]
  const others = BIOMES.filter(biome => biome !== MEADOW)
  for (let tries = 0; tries < 400 && points.length < 24; tries++) {
    const at = { x: between(chance, 0, WORLD_SIZE), y: between(chance, 0, WORLD_SIZE) }
    // Apart from each other, so that nothing is one zone small by accident, and all in turn, so that nothing is rare.
    if (points.some(point => distance(point.at, at) < 780)) continue
    points.push({ at, biome: points.length % 8 === 0 ? MEADOW : others[points.length % others.length]! })
  }
  return Array.from({ length: ZONES * ZONES }, (_, zone) => {
    const corner = cornerOf(zone)
    const centre = { x: corner.x + ZONE_SIZE / 2, y: corner.y + ZONE_SIZE / 2 }
    return points.reduce((best, point) => (distance(point.at, centre) < distance(best.at, centre) ? point : best)).biome
  })
}
