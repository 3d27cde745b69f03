/** Everything that a person may write in network classes: each wire type, each TypeScript type that has a shape, each way to import and to decorate. */
import * as fc from 'fieldcast'
import {
  type bool,
  type bytes,
  field as call,
  Flags,
  type float32,
  type float64,
  type int8,
  type int16,
  type int32,
  type int64,
  type list,
  NetworkObject,
  type quantized,
  type str,
  type uint8,
  type uint16,
  type uint32,
  type uint64,
  type varint,
} from 'fieldcast'
import type { Side } from 'geometry'
import { networkClass, remote } from './decorators.js'
import {
  type Folder,
  Grade,
  type Item,
  type Json,
  type Maybe,
  type Name,
  type Pair,
  type Point,
  type Shape,
  Team,
  type units,
  type Weather,
} from './index.js'
import { Vec } from './vec.ts'

/** Everybody may send it, everybody sees it, newcomers too. */
const open = Flags.ClientSend | Flags.Broadcast | Flags.RAM

abstract class Holder<T, K = string> extends NetworkObject {
  @call(Flags.ClientSend | Flags.Broadcast | Flags.RAM)
  put(item: T, keys: Set<K>): void {}

  @call(Flags.ClientSend | Flags.Broadcast)
  clearAll(): void {}
}

abstract class Middle<A> extends Holder<A[]> {}

@networkClass(10)
export class Player extends NetworkObject {
  team = Team.Blue
  /** What the defaults made of the last call of `parameters`. */
  heard: readonly unknown[] = []

  /**
   * All whole numbers.
   * On two lines.
   *
   * More of it.
   */
  @call(open)
  integers(a: int8, b: int16, c: int32, d: int64, e: uint8, f: uint16, g: uint32, h: uint64, i: varint): void {}

  @fc.field(open, { id: 7 })
  others(
    a: float32,
    b: float64,
    c: bool,
    d: str,
    e: str<64>,
    f: bytes<1024>,
    g: list<int16, 10>,
    h: quantized<-1, 1, 12>,
  ): void {}

  @call(open)
  plain(a: number, b: string, c: boolean, d: bigint, e: Uint8Array, f: Date, g: null, h: unknown, i: fc.int16): void {}

  @call(open)
  lists(
    a: number[],
    b: Array<string>,
    c: ReadonlyArray<bool>,
    d: readonly Date[],
    e: Set<int16>,
    f: ReadonlyMap<string, int16[]>,
    g: Float32Array,
  ): void {}

  @call(open)
  tuples(a: [int16, string?], b: [first: int16, second?: Name], c: [bool, ...int16[]], d: Pair<int16>, e: []): void {}

  @call(open)
  parameters(a: int16, b = 3, c = 'text', d = true, e: int8 = -1, f?: Name, ...rest: Point[]): void {
    this.heard = [a, b, c, d, e, f, rest]
  }

  @remote(open)
  unions(
    a: int16 | null,
    b: string | undefined,
    c: 'a' | 'b',
    d: 1 | -2 | null,
    e: true | 'x',
    f: boolean | null | undefined,
    g: Maybe<Name>,
    h: int16 | Name,
  ): void {}

  @call(open)
  enums(a: Team, b: Grade, c: Grade.High, d: Side): void {}

  @call(open)
  objects(
    a: Point,
    b: Point<float32>,
    c: Item,
    d: { a: int16; 'b c'?: string; 3: bool },
    e: Weather,
    f: units.Meters,
  ): void {}

  @call(open)
  combined(
    a: { a: int16 } & { b?: string },
    b: Shape,
    c: (Point | Weather) & { at: Date },
    d: string & { readonly __brand: 'id' },
  ): void {}

  @call(open)
  recursive(a: Folder<Name>, b: Json): void {}

  @call(open)
  imported(a: import('./vocabulary.ts').Point<bool>, b: import('geometry').Circle): void {}

  @call(open)
  helpers(
    a: Partial<Point>,
    b: Pick<Item, 'name' | 'note'>,
    c: Omit<Item, 'tags'>,
    d: Record<'a' | 'b', bool>,
    e: Required<Item>,
    f: Readonly<Point>,
    g: Item['name'],
  ): void {}

  @call(open)
  references(a: Player, b: Vec, c: Den[], d: NetworkObject): void {}

  @call(open, fc.int16, fc.str(64))
  byHand(a: number, b: string): void {}

  /** The server vetoes some of it. */
  @call(Flags.OwnerSend | Flags.Broadcast)
  say(text: str<200>): void {}

  /** The server lets something else go on. */
  @call(Flags.OwnerSend | Flags.Broadcast)
  shift(by: int32): void {}

  @call(Flags.OwnerSend)
  async buy(item: Name): Promise<{ price: uint16; at: Vec } | null> {
    throw new Error(`The server sells ${item}.`)
  }

  /** The server sends the next of its samples, and tells how many are left. */
  @call(Flags.OwnerSend)
  async recite(): Promise<uint8> {
    throw new Error('The server recites.')
  }

  @call(Flags.OwnerSend)
  async settle(): Promise<void> {}
}

@networkClass(11)
export class Monster extends Player {
  override plain(): void {}

  @call(open)
  target(player: Player, monster: Monster | null): void {}
}

@networkClass(12)
export class Den extends Middle<Item> {
  rank = Grade.High
}

/** In no server's `classes`: who comes with it is told what differs. */
@networkClass(13)
export class Stranger extends NetworkObject {
  @call(open)
  knock(times: uint8): void {}
}

export const start: Vec = new Vec(1)
