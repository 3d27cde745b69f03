/** The router's end of a link: the players that it carries to the game server. */
import { type Reader, Writer } from '../../lib/base/bytes.ts'
import type { Clock } from '../../lib/base/clock.ts'
import { MalformedError } from '../../lib/base/errors.ts'
import { type Channel, type ChannelReceiver, Frame, frameRoom } from '../../lib/link/transport.ts'
import type { Marks } from './flight.ts'
import { Inbound, single } from './inbound.ts'
import type { RouterLimits } from './limits.ts'
import type { Link, LinkEnd } from './link.ts'
import { Player, type PlayerCarrier } from './player.ts'
import type { Waiters } from './waiters.ts'
import * as Wire from './wire.ts'

/** What the links of a router share. */
export interface RouterEnds {
  readonly clock: Clock
  readonly limits: RouterLimits
  readonly waiters: Waiters
  /** A link is up. */
  joined(end: RouterEnd): void
  /** It has ended, or never came up. Its players are told of it. */
  left(end: RouterEnd, code: number, text: string): void
  /** A player's wire is gone. */
  departed(player: Player): void
}

export class RouterEnd implements LinkEnd, PlayerCarrier {
  readonly clock: Clock
  readonly limits: RouterLimits
  readonly link: Link
  readonly marks: Marks
  /** Where the link leads to, for people. */
  readonly server: string
  /** By number, as the game server names them. */
  readonly players: Map<number, Player> = new Map()
  readonly #shared: RouterEnds
  readonly #inbound: Inbound
  readonly #head = new Writer(16)
  /** Whom the message that is being read is for: so many of the first. Used again for each. */
  readonly #receivers: Player[] = []
  #count = 0
  /** The newest player's number. They are numbered by their openings, from 1. */
  #last = 0
  #isDown = false

  /** @param makeLink makes the link whose end this is. */
  constructor(shared: RouterEnds, server: string, makeLink: (end: LinkEnd) => Link) {
    this.clock = shared.clock
    this.limits = shared.limits
    this.#shared = shared
    this.server = server
    this.#inbound = new Inbound(shared.limits.waitingBytes)
    this.link = makeLink(this)
    this.marks = this.link.marks
  }

  /** What one player may have sent that the game server has not read. */
  get allowance(): number {
    const { linkBytes, unreadBytes } = this.limits
    if (this.link.channel.buffered <= linkBytes / 2) return unreadBytes
    return Math.min(unreadBytes, linkBytes / 2 / this.players.size)
  }

  /** A newcomer whose frames this link carries from now on. */
  open(channel: Channel): ChannelReceiver {
    const player = new Player(++this.#last, channel, this)
    this.players.set(player.id, player)
    const { address, network, datagrams } = channel
    const w = this.link.out.message(Wire.Open, Wire.longestText + 32)
    Wire.putOpening(w, { address, network, maxDatagram: datagrams?.maxSize ?? 0 })
    return player
  }

  // ---- for players

  frame(id: number, bytes: Uint8Array): void {
    this.marks.note()
    this.#payload(Wire.Frame, id, bytes)
    if (this.link.channel.buffered > this.limits.linkBytes) this.link.giveUp()
  }

  datagram(id: number, bytes: Uint8Array): void {
    if (this.link.channel.buffered <= Wire.waitsForDatagrams) this.#payload(Wire.Datagram, id, bytes)
  }

  waiting(id: number, bytes: number): void {
    const w = this.link.out.message(Wire.Waiting, 16)
    w.varint(id)
    w.varint(bytes)
  }

  ended(player: Player, code: number | undefined, text: string): void {
    this.players.delete(player.id)
    this.#shared.waiters.delete(player)
    if (!this.#isDown) {
      const w = this.link.out.message(Wire.Ended, Wire.longestText + 32)
      w.varint(player.id)
      Wire.putEnding(w, { code, text })
    }
    this.#shared.departed(player)
  }

  // ---- for the link

  up(): void {
    this.#shared.joined(this)
  }

  message(op: number, r: Reader): void {
    // Who is unknown here has gone: what was still sent to it is stepped over.
    if (op === Wire.Frame || op === Wire.Frames) {
      const count = this.#readReceivers(op === Wire.Frame, r)
      this.#give(count, this.#inbound.payload(r))
    } else if (op === Wire.More) {
      this.#inbound.more(r)
    } else if (op === Wire.Close) {
      const count = this.#readReceivers(true, r)
      const { code, text } = Wire.getEnding(r)
      if (code === undefined) throw new MalformedError('a player was to be closed without a code.')
      if (count > 0) this.#receivers[0]!.channel.close(code, text)
    } else if (op === Wire.Abort) {
      if (this.#readReceivers(true, r) > 0) this.#receivers[0]!.channel.abort()
    } else if (op === Wire.Datagram || op === Wire.Datagrams) {
      const count = this.#readReceivers(op === Wire.Datagram, r)
      const frame = new Frame(new Uint8Array(single(r)))
      for (let i = 0; i < count; i++) this.#receivers[i]!.channel.datagrams?.send(frame)
    } else throw new MalformedError(`message 0x${op.toString(16)} is not for a router.`)
  }

  marked(): void {
    if (this.marks.take()) this.link.out.message(Wire.Mark)
  }

  asked(): void {
    // Once what the same turn wrote has left, for most of it will have.
    this.clock.soon(() => {
      if (this.#isDown) return
      this.#shared.waiters.look()
      this.link.answer()
    })
  }

  leaving(): void {
    if (this.marks.take()) this.link.out.message(Wire.Mark)
  }

  down(code: number, text: string): void {
    this.#isDown = true
    for (const player of this.players.values()) player.close('lost', 'The router has lost its link to the game server.')
    this.#shared.left(this, code, text)
  }

  #payload(op: number, id: number, bytes: Uint8Array): void {
    const head = this.#head
    head.reset()
    head.varint(id)
    this.link.out[op === Wire.Frame ? 'payload' : 'datagram'](op, head.bytes, head.position, bytes)
  }

  /** Finds whom the next payload is for, and gives how many of them are still here. */
  #readReceivers(isOne: boolean, r: Reader): number {
    this.#count = 0
    if (!isOne) Wire.getRuns(r, this.#last, this.#receive)
    else {
      const id = r.varint()
      if (id > this.#last) throw new MalformedError(`there is no player ${id}.`)
      this.#receive(id)
    }
    return this.#count
  }

  readonly #receive = (id: number): void => {
    const player = this.players.get(id)
    if (player) this.#receivers[this.#count++] = player
  }

  /** Hands the same bytes to all receivers; null for more than a router keeps. */
  #give(count: number, bytes: Uint8Array | null): void {
    if (count === 0) return
    const frame = bytes && (count === 1 ? alone(bytes) : new Frame(new Uint8Array(bytes)))
    for (let i = 0; i < count; i++) {
      const player = this.#receivers[i]!
      if (!frame) player.close('too-large', 'A frame is longer than what may wait at the router.')
      else if (player.send(frame) > 0) this.#shared.waiters.add(player)
    }
  }
}

/** A copy with room before it, in which a transport writes its header. */
function alone(bytes: Uint8Array): Frame {
  const copy = new Uint8Array(frameRoom + bytes.length)
  copy.set(bytes, frameRoom)
  return new Frame(copy.subarray(frameRoom), frameRoom)
}
