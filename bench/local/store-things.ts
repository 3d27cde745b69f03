/** The objects that the benchmarks of the stores keep, and their rows as the engine writes them. */
import { Flags, field, type int16, NetworkObject, networkClass, type str, type uint32 } from 'fieldcast'
import type { Server, Store } from 'fieldcast/server'

export type Row = Parameters<Store['commit']>[0]['put'][number]

@networkClass(40, { index: ['name'] })
export class Thing extends NetworkObject {
  name = ''
  gold = 0
  x = 0
  y = 0

  @field(Flags.Broadcast | Flags.Database)
  setName(name: str<32>) {
    this.name = name
  }

  @field(Flags.OwnerOnly | Flags.Database)
  setGold(gold: uint32) {
    this.gold = gold
  }

  @field(Flags.Broadcast | Flags.Database)
  moveTo(x: int16, y: int16) {
    this.x = x
    this.y = y
  }
}

export const zones = 100

const nameOf = (index: number): string => `thing ${index}`
const goldOf = (index: number): number => (index * 7919) % 100_000

/** Makes things of which each field has been called. @param where their zones. Default: by turns. */
export function createThings(
  server: Server,
  count: number,
  { persistent = true, zone = (index: number): number => index % zones } = {},
): Thing[] {
  return Array.from({ length: count }, (_, index) =>
    server.create(
      Thing,
      thing => {
        thing.send.setName(nameOf(index))
        thing.send.setGold(goldOf(index))
        thing.send.moveTo(index % 1000, 0)
      },
      { zone: zone(index), persistent },
    ),
  )
}

/** A row as the engine writes it for a thing, and what a bare writer needs of it besides. */
export interface ThingRow extends Row {
  readonly keysText: string
}

/** The rows of one thing, ready but for what changes: what that costs is no part of writing. */
export class ThingRows {
  readonly id: string
  readonly zone: number
  readonly keys: Readonly<Record<string, string>>
  readonly keysText: string
  readonly #rest: string

  constructor(index: number) {
    // Ascending, as the engine makes them.
    this.id = `65f0c1d20011223344${index.toString(16).padStart(6, '0')}`
    this.zone = index % zones
    this.keys = { name: JSON.stringify(nameOf(index)) }
    this.keysText = JSON.stringify(this.keys)
    this.#rest = `],"setGold":[${goldOf(index)}],"setName":["${nameOf(index)}"]}`
  }

  at(version: number, x: number, y: number): ThingRow {
    const { id, zone, keys, keysText } = this
    const fields = `{"moveTo":[${x},${y}${this.#rest}`
    return { id, class: 'Thing', version, format: 1, owner: null, zone, keys, fields, keysText }
  }
}

/** One thing as a game without an engine would have it: its row is made from the values that it has, whenever it is written. */
export class PlainThing {
  readonly id: string
  readonly zone: number
  readonly name: string
  readonly gold: number
  x = 0
  y = 0

  constructor(index: number) {
    const { id, zone } = new ThingRows(index)
    this.id = id
    this.zone = zone
    this.name = nameOf(index)
    this.gold = goldOf(index)
  }

  at(version: number, x: number, y: number): ThingRow {
    this.x = x
    this.y = y
    const { id, zone, name, gold } = this
    const keys = { name: JSON.stringify(name) }
    const fields = JSON.stringify({ moveTo: [this.x, this.y], setGold: [gold], setName: [name] })
    return { id, class: 'Thing', version, format: 1, owner: null, zone, keys, fields, keysText: JSON.stringify(keys) }
  }
}

/** Numbers by chance, the same in every run. */
export class Lots {
  readonly #all: Uint32Array
  #seed = 1

  constructor(size: number) {
    this.#all = Uint32Array.from({ length: size }, (_, i) => i)
  }

  /** So many distinct numbers below the size; valid until the next call. */
  draw(count: number): Uint32Array {
    const all = this.#all
    for (let i = 0; i < count; i++) {
      const other = i + this.below(all.length - i)
      const lot = all[other]!
      all[other] = all[i]!
      all[i] = lot
    }
    return all.subarray(0, count)
  }

  below(limit: number): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#seed / 2 ** 32) * limit)
  }
}
