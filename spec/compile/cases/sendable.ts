/** What is no error: all that can be sent, and all that the compiler cannot be certain of. */
import {
  type bytes,
  Flags,
  field,
  type float32,
  type int16,
  type list,
  NetworkObject,
  networkClass,
  type str,
  struct,
  type uint64,
} from 'fieldcast'

@struct()
class Vec {
  x: float32 = 0
  y: float32 = 0
  onChange = () => {}
  get length(): number {
    return Math.hypot(this.x, this.y)
  }
  get loaded(): Promise<void> {
    return Promise.resolve()
  }
  add(other: Vec): this {
    this.x += other.x
    return this
  }
}

enum Color {
  Red,
  Green,
}
interface Folder {
  name: str<32>
  entries: (Folder | Item)[]
  parent?: Folder
}
interface Item {
  readonly id: Id
  describe?(): string
}
interface Deep extends Array<Deep> {}
type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
type Id = string & { readonly __brand: symbol }
declare const mark: unique symbol
interface Marked {
  x: int16
  readonly [mark]: 'marked'
}

abstract class Thing extends NetworkObject {
  ready: Promise<void> = Promise.resolve()
  listeners: (() => void)[] = []
  abstract weigh(): number

  @field(Flags.Broadcast)
  touch(by: Thing | null) {}
}

class Box<T, U extends { size: number }> extends Thing {
  item: T | undefined

  @field(0)
  put(item: T) {}

  @field(0)
  several(items: T[], named: Map<string, T | U>, at: { place: T; others: [T, U?] }, ...sizes: U[]) {}

  @field(0)
  async take(): Promise<T> {
    return this.item!
  }

  @field(0)
  like(other: this) {}

  weigh() {
    return 1
  }
}

export class Sender<A extends unknown[], B extends readonly Vec[]> extends NetworkObject {
  @field(0)
  all(...args: A) {}

  @field(0)
  more(first: Vec, ...args: B) {}
}

@networkClass(11)
class Chest extends Box<Vec, { size: number }> {
  @field(0)
  override put(item: Vec) {}
}

@networkClass(12)
export class Player extends NetworkObject {
  chest: Chest | null = null
  socket: WeakMap<object, () => void> = new WeakMap()

  @field(Flags.OwnerSend)
  none() {}

  @field(Flags.OwnerSend)
  numbers(a: int16, b: uint64, c: bigint, d = 3, e?: boolean) {}

  @field(Flags.OwnerSend)
  brands(a: str<8>, b: bytes<8>, c: list<Vec, 3>, d: Id, e: Marked) {}

  @field(Flags.OwnerSend)
  buffers(a: Uint8Array, b: Float32Array, c: BigInt64Array, d: Uint8ClampedArray) {}

  @field(Flags.OwnerSend)
  objects(a: Date, b: Map<string, Vec>, c: Set<Color>, d: ReadonlyMap<Id, Item>, e: ReadonlySet<number>) {}

  @field(Flags.OwnerSend)
  classes(a: Vec, b: Player, c: Chest | null, d: Thing[], e: Readonly<Vec>, f: Readonly<Player>, g: Vec | Chest) {}

  @field(Flags.OwnerSend)
  recursive(a: Folder, b: Json, c: Deep, d: Partial<Folder>, e: Pick<Folder, 'name'>) {}

  @field(Flags.OwnerSend)
  literals(a: 'red' | 'blue', b: Color.Red | 3, c: null | undefined, d: true) {}

  @field(Flags.OwnerSend)
  lists(a: readonly string[], b: [Vec, string?, ...Date[]], ...rest: readonly Player[]) {}

  @field(Flags.OwnerSend)
  unknown(a: unknown, b: any, c: any[], d: object, e: {}, f: never, ...rest: any) {}

  @field(Flags.OwnerSend)
  self(this: Player, x: int16) {}

  @field(Flags.OwnerSend)
  generic<T>(x: T) {}

  @field(Flags.ClientSend)
  async ask(x: int16): Promise<{ path: Vec[]; by: Player }> {
    return { path: [], by: this }
  }

  @field(Flags.ClientSend)
  staysAtHome(x: int16): () => void {
    return () => {}
  }

  overloaded(x: string): void
  overloaded(x: number): void
  @field(0)
  overloaded(x: string | number): void {}

  use() {
    this.send.classes(new Vec(), this, null, [], new Vec(), this, new Vec())
    this.sendTo({ id: 1 }).numbers(1, 2n, 3n)
    const answer: Promise<{ by: Player }> = this.send.ask(1)
    return answer
  }
}
