/** A client of a soak that keeps no rules: it logs in as one should, then sends what no honest client sends, and leaves as it likes. */
import { Reader, Writer } from '../../lib/base/bytes.ts'
import type { Clock } from '../../lib/base/clock.ts'
import type { Random } from '../../lib/base/random.ts'
import { getWelcome } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import type { NetworkObjectClass } from '../../lib/schema/network-class.ts'
import { Schema } from '../../lib/schema/schema.ts'
import { mutated, randomFrame } from '../support/noise.ts'
import { RawClient } from '../support/raw-client.ts'
import type { Road, Roads } from './roads.ts'

interface Scene {
  readonly clock: Clock
  readonly random: Random
  int(below: number): number
}

export class Villain {
  readonly #scene: Scene
  readonly #hash: string
  readonly #road: Road
  readonly #url: string
  #raw: RawClient | null = null
  #isOver = false

  constructor(scene: Scene, hash: string, road: Road, roads: Roads) {
    this.#scene = scene
    this.#hash = hash
    this.#road = road
    this.#url = roads.urls[roads.roads.indexOf(road)]!
  }

  leave(): void {
    this.#isOver = true
    this.#raw?.abort()
  }

  /** From the first byte to the last. */
  async live(classes: readonly NetworkObjectClass[]): Promise<void> {
    const { clock, int, random } = {
      ...this.#scene,
      int: (n: number) => this.#scene.int(n),
      clock: this.#scene.clock,
      random: this.#scene.random,
    }
    const raw = await RawClient.dial(this.#road.dialer, this.#url).catch(() => null)
    if (!raw || this.#isOver) return raw?.abort()
    this.#raw = raw
    const pause = (ms: number): Promise<void> =>
      Promise.race([new Promise<void>(done => clock.after(ms, done)), raw.gone])
    // Some say nothing, or nonsense, before they are anybody.
    if (int(4) === 0) {
      raw.send(randomFrame(random))
      await pause(12_000)
      return raw.abort()
    }
    raw.select(this.#hash)
    raw.login({ name: `villain ${int(1e6)}`, zone: int(3) })
    const welcome = (): Uint8Array | undefined => raw.frames.find(frame => frame[0] === Op.Welcome)
    for (let i = 0; i < 50 && !welcome() && !raw.ended; i++) await pause(200)
    const frame = welcome()
    if (!frame || raw.ended) return raw.abort()
    const { avatar } = getWelcome(new Reader(frame.subarray(1)))
    const valid = validFrames(new Schema(classes), avatar)
    for (let left = 1 + int(20); left > 0 && !raw.ended && !this.#isOver; left--) {
      await pause(20 + int(500))
      raw.frames.length = 0
      if (int(6) === 0) for (let i = 0; i < 500; i++) raw.send(valid[0]!)
      else raw.send(int(3) === 0 ? mutated(valid, random) : valid[int(valid.length)]!)
    }
    if (int(2) === 0) raw.abort()
    else await pause(3000)
    raw.abort()
  }
}

/** What an honest client could send. */
function validFrames(schema: Schema, avatar: number): Uint8Array[] {
  const written = (put: (w: Writer) => void): Uint8Array => {
    const w = new Writer(64)
    put(w)
    return w.slice()
  }
  const call = (op: number, path: string): Uint8Array =>
    written(w => {
      w.u8(op)
      if (op === Op.Request) w.varint(1)
      w.varint(schema.fields.find(field => field.path === path)!.key)
      w.varint(avatar)
      w.varint(2)
      w.u16(7)
    })
  return [
    call(Op.Call, 'Actor.shout'),
    call(Op.Call, 'Actor.colour'),
    call(Op.Call, 'Actor.place'),
    call(Op.Request, 'Actor.ask'),
    written(w => {
      w.u8(Op.Watch)
      w.varint(2)
      w.u8(1)
      w.varint(1)
      w.varint(3)
    }),
    written(w => (w.u8(Op.Fetch), w.varint(avatar))),
  ]
}
