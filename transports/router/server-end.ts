/** The game server's end of a link: the players of a router that came by it. */
import type { Reader } from '../../lib/base/bytes.ts'
import type { Clock } from '../../lib/base/clock.ts'
import { MalformedError } from '../../lib/base/errors.ts'
import type { Channel, ChannelReceiver } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { closeText } from '../../lib/protocol/close-text.ts'
import type { Marks } from './flight.ts'
import { Gather, Place } from './gather.ts'
import { Inbound, single } from './inbound.ts'
import type { Link, LinkEnd } from './link.ts'
import { type ChannelCarrier, RoutedChannel } from './routed-channel.ts'
import * as Wire from './wire.ts'

/** What the links of a listener share. */
export interface ServerEnds {
  readonly clock: Clock
  readonly maxFrame: number
  readonly maxPlayers: number
  /** Null while the listener closes. */
  readonly accept: ((channel: Channel) => ChannelReceiver | null) | null
  /** A player has come. */
  arrived(): void
  /** It has ended, or never came up; its players have heard of it. */
  left(end: ServerEnd, code: number, text: string): void
  /** A player has ended. */
  departed(): void
}

export class ServerEnd implements LinkEnd, ChannelCarrier {
  readonly link: Link
  readonly gather: Gather
  readonly marks: Marks
  readonly network: boolean
  readonly players: Map<number, RoutedChannel> = new Map()
  readonly #shared: ServerEnds
  readonly #inbound: Inbound
  /** The newest player's. They are numbered by their openings, from 1. */
  #last = 0

  /** @param makeLink makes the link whose end this is. */
  constructor(shared: ServerEnds, network: boolean, makeLink: (end: LinkEnd) => Link) {
    this.#shared = shared
    this.#inbound = new Inbound(shared.maxFrame)
    this.network = network
    this.link = makeLink(this)
    this.marks = this.link.marks
    this.gather = new Gather(this.link.out)
  }

  get takesDatagrams(): boolean {
    return this.link.channel.buffered <= Wire.waitsForDatagrams
  }

  /** The end of a player was told. */
  departed(player: RoutedChannel): void {
    this.players.delete(player.id)
    this.#shared.departed()
  }

  up(): void {}

  message(op: number, r: Reader): void {
    // Who is unknown here has gone: what its wire still brought is stepped over.
    if (op === Wire.Frame) {
      const player = this.#player(r)
      const bytes = this.#inbound.payload(r)
      player?.take(bytes)
    } else if (op === Wire.More) {
      this.#inbound.more(r)
    } else if (op === Wire.Open) {
      this.#open(Wire.getOpening(r))
    } else if (op === Wire.Ended) {
      const player = this.#player(r)
      const ending = Wire.getEnding(r)
      player?.ended(ending)
    } else if (op === Wire.Waiting) {
      const player = this.#player(r)
      const waiting = r.varint()
      if (player) player.waiting = waiting
    } else if (op === Wire.Datagram) {
      const player = this.#player(r)
      const bytes = single(r)
      player?.takeDatagram(bytes)
    } else throw new MalformedError(`message 0x${op.toString(16)} is not for a server.`)
  }

  marked(): void {
    if (this.marks.take()) this.link.out.message(Wire.Mark)
  }

  asked(): void {
    // The engine takes each frame at once: nothing of a player waits here.
    this.link.answer()
  }

  leaving(): void {
    this.gather.write()
    if (this.marks.take()) this.link.out.message(Wire.Mark)
  }

  down(code: number, text: string): void {
    for (const player of this.players.values()) player.ended({ code: undefined, text: '' })
    this.#shared.left(this, code, text)
  }

  /** Whom the next message is about; undefined for one that has ended. */
  #player(r: Reader): RoutedChannel | undefined {
    const id = r.varint()
    if (id === 0 || id > this.#last) throw new MalformedError(`there is no player ${id}.`)
    return this.players.get(id)
  }

  #open(opening: Wire.Opening): void {
    const id = ++this.#last
    const { accept, clock, maxPlayers } = this.#shared
    const refuse = (code: number): void => this.gather.close(id, new Place(), code, closeText(code))
    if (!accept) return refuse(CloseReason['server-shutdown'])
    if (this.players.size >= maxPlayers) return refuse(CloseReason['too-many-connections'])
    const player = new RoutedChannel(id, this, opening, clock)
    this.players.set(id, player)
    this.#shared.arrived()
    player.receiver = accept(player)
    const code = CloseReason['too-many-connections']
    if (!player.receiver) player.close(code, closeText(code))
  }
}
