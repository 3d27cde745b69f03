/** A client that has logged in properly and then sends what no honest client sends. */
import type { NetworkObject } from 'fieldcast'
import type { World } from 'fieldcast/testing'
import { Reader, Writer } from '../../lib/base/bytes.ts'
import { closeName } from '../../lib/protocol/close.ts'
import { getWelcome, putPing } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import type { NetworkObjectClass } from '../../lib/schema/network-class.ts'
import { Schema } from '../../lib/schema/schema.ts'
import { RawClient } from './raw-client.ts'

export type Arguments = (w: Writer) => void

export class Intruder {
  readonly raw: RawClient
  readonly id: number
  /** The id of its avatar; 0 for none. */
  readonly avatar: number
  readonly #world: World<any>
  readonly #schema: Schema

  private constructor(world: World<any>, schema: Schema, raw: RawClient, id: number, avatar: number) {
    this.#world = world
    this.#schema = schema
    this.raw = raw
    this.id = id
    this.avatar = avatar
  }

  /** Logs in to a world as an honest client would. */
  static async join(
    world: World<any>,
    classes: readonly NetworkObjectClass[],
    credentials: unknown = null,
  ): Promise<Intruder> {
    const raw = await stranger(world)
    raw.selectTalking(world.server.schemaHash)
    raw.login(credentials)
    const welcome = (): Uint8Array | undefined => raw.frames.find(frame => frame[0] === Op.Welcome)
    while (!welcome() && !raw.ended) await world.until(raw.next())
    const { clientId, avatar } = getWelcome(new Reader(welcome()!.subarray(1)))
    return new Intruder(world, new Schema(classes), raw, clientId, avatar)
  }

  /** A call of `Class.field`. */
  call(path: string, object: NetworkObject | number, put: Arguments = () => {}): void {
    this.raw.call(this.keyOf(path), typeof object === 'number' ? object : object.id, written(put))
  }

  /** A request of `Class.field`, with a number. */
  request(number: number, path: string, object: NetworkObject | number, put: Arguments = () => {}): void {
    const args = written(put)
    this.raw.write(w => {
      w.u8(Op.Request)
      w.varint(number)
      w.varint(this.keyOf(path))
      w.varint(typeof object === 'number' ? object : object.id)
      w.varint(args.length)
      w.raw(args)
    })
  }

  /** The number of `Class.field` on the wire. */
  keyOf(path: string): number {
    const field = this.#schema.fields.find(candidate => candidate.path === path)
    if (!field) throw new Error(`There is no field ${path}.`)
    return field.key
  }

  /** Lets time pass until the connection has ended, and says why the server ended it. */
  async fate(): Promise<string> {
    await this.#world.until(this.raw.gone)
    return closeName(this.raw.closed?.code ?? 0)
  }

  /** Lets time pass until all that was sent so far has been handled and answered. */
  async settle(): Promise<void> {
    await this.#echo()
    await this.#world.settle()
    await this.#echo()
  }

  /** Whether the server still listens to it. Settle first. */
  get connected(): boolean {
    return this.raw.ended === null
  }

  async #echo(): Promise<void> {
    const echoes = (): number => this.raw.frames.filter(frame => frame[0] === Op.Pong).length
    const before = echoes()
    this.raw.write(w => putPing(w, 0, 0))
    while (echoes() === before && !this.raw.ended) await this.#world.until(this.raw.next())
  }
}

/** A connection to a world that has said nothing yet. */
export async function stranger(world: World<any>): Promise<RawClient> {
  const dialing = RawClient.dial(world.dialer(), world.url)
  return world.until(dialing)
}

export function written(put: Arguments): Uint8Array {
  const w = new Writer(64)
  put(w)
  return w.slice()
}

/** Whether a frame holds a text. */
export function holds(frame: Uint8Array, text: string): boolean {
  return Buffer.from(frame).includes(Buffer.from(text))
}
