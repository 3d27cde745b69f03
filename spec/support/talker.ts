/** A client that has logged in properly, takes messages, and sends whatever bytes it likes in them. */
import type { World } from 'fieldcast/testing'
import { Reader, type Writer } from '../../lib/base/bytes.ts'
import { envelope } from '../../lib/messages/envelope.ts'
import { closeName } from '../../lib/protocol/close.ts'
import { getWelcome, putPing, putSelect } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { protocolVersion } from '../../lib/protocol/version.ts'
import { stranger } from './intruder.ts'
import type { RawClient } from './raw-client.ts'

export class Talker {
  readonly raw: RawClient
  readonly id: number
  readonly #world: World<any>

  private constructor(world: World<any>, raw: RawClient, id: number) {
    this.#world = world
    this.raw = raw
    this.id = id
  }

  /** @param talks whether it says that it takes messages. */
  static async join(world: World<any>, { talks = true }: { readonly talks?: boolean } = {}): Promise<Talker> {
    const raw = await stranger(world)
    raw.write(w =>
      putSelect(w, { protocol: protocolVersion, connectionType: 'game', hash: world.server.schemaHash, talks }),
    )
    raw.login()
    const welcome = (): Uint8Array | undefined => raw.frames.find(frame => frame[0] === Op.Welcome)
    while (!welcome() && !raw.ended) await world.until(raw.next())
    return new Talker(world, raw, getWelcome(new Reader(welcome()!.subarray(1))).clientId)
  }

  /** One message with whatever `put` writes: its id first. */
  say(put: (w: Writer) => void): void {
    this.raw.send(envelope('client', put))
  }

  /** Lets time pass until the connection has ended, and says why the server ended it. */
  async fate(): Promise<string> {
    await this.#world.until(this.raw.gone)
    return closeName(this.raw.closed?.code ?? 0)
  }

  /** Lets time pass until all that was sent so far has been handled and answered. */
  async settle(): Promise<void> {
    const echoes = (): number => this.raw.frames.filter(frame => frame[0] === Op.Pong).length
    const before = echoes()
    this.raw.write(w => putPing(w, 0, 0))
    while (echoes() === before && !this.raw.ended) await this.#world.until(this.raw.next())
    await this.#world.settle()
  }

  get connected(): boolean {
    return this.raw.ended === null
  }
}
