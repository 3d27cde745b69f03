/** The messages of a link between a router and a game server: numbers, limits and how the small ones are written. Their bytes stand in docs/routers.md. */
import type { Reader, Writer } from '../../lib/base/bytes.ts'
import { MalformedError } from '../../lib/base/errors.ts'
import type { WireLimits } from '../../lib/link/transport.ts'

/** Goes up where an older end could not read what a newer one writes. */
export const linkVersion = 1
/** `fclk`: what comes first from either end, so that a stranger to the protocol is known at once. */
export const magic = 0x6b6c_6366
/** Longest frame of a link, bytes: longer ones of players travel in pieces, so that nobody unproven can make us hold more. */
export const linkFrame = 65_536
export const linkLimits: WireLimits = { maxFrame: linkFrame }
/** Shortest piece of a longer frame but for its last, bytes. */
export const leastPiece = 16_384
/** Longest list of receivers in one message, bytes. */
export const longestList = 16_384
/** Longest datagram of a player, bytes: with the list of its receivers it fits one frame of a link. */
export const longestDatagram = 32_768
/** Longest frame before the proofs, bytes. */
export const helloFrame = 256
/** Bytes that may wait on a link before datagrams, which must not wait behind them, are lost instead. */
export const waitsForDatagrams = 65_536
/** Longest text of an address or an end, bytes; what is cut is for people. */
export const longestText = 4096

/** Who speaks. */
export type Role = 'router' | 'server'
export const roles: readonly Role[] = ['router', 'server']

// Either end.
export const Hello = 0x00
export const Proof = 0x01
export const Alive = 0x02
export const Mark = 0x03
export const Marked = 0x04
export const Waiting = 0x05
export const More = 0x06
export const Frame = 0x10
export const Datagram = 0x11
// To the router alone.
export const Frames = 0x12
export const Datagrams = 0x13
export const Close = 0x14
export const Abort = 0x15
// To the server alone.
export const Open = 0x20
export const Ended = 0x21

/** Who has come to a router. */
export interface Opening {
  readonly address: string
  readonly network: boolean
  /** Longest datagram that its wire carries, bytes; 0 for a wire without. */
  readonly maxDatagram: number
}

export function putOpening(w: Writer, { address, network, maxDatagram }: Opening): void {
  w.u8(network ? 1 : 0)
  w.varint(maxDatagram)
  w.text(cut(address))
}

export function getOpening(r: Reader): Opening {
  const flags = r.u8()
  if (flags > 1) throw new MalformedError(`An opening has the flags ${flags}.`)
  return { network: flags === 1, maxDatagram: Math.min(r.varint(), longestDatagram), address: r.text(longestText) }
}

/** How a connection ended, or is to end. */
export interface Ending {
  readonly code: number | undefined
  readonly text: string
}

export function putEnding(w: Writer, { code, text }: Ending): void {
  w.varint(code === undefined ? 0 : code + 1)
  w.text(cut(text))
}

export function getEnding(r: Reader): Ending {
  const code = r.varint()
  if (code > 65_536) throw new MalformedError(`${code - 1} is no close code.`)
  return { code: code === 0 ? undefined : code - 1, text: r.text(longestText) }
}

/** A character takes 3 bytes at most for each unit of its string. */
const cut = (text: string): string => (text.length > longestText / 3 ? text.slice(0, longestText / 3) : text)

/**
 * Writes ascending ids as runs of neighbours, from the one at `from` on: for each run the ids stepped over since the last one, and its length less one. Gives the index of
 * the first id that it left out, because the list is long already.
 */
export function putRuns(w: Writer, ids: readonly number[], from: number, count: number): number {
  let next = 0
  let i = from
  while (i < count && w.position < longestList) {
    let end = i + 1
    while (end < count && ids[end] === ids[end - 1]! + 1) end++
    w.varint(ids[i]! - next)
    w.varint(end - i - 1)
    next = ids[end - 1]! + 1
    i = end
  }
  return i
}

/** Calls `each` for every id of a list with its length before it. None may be above `last`, the newest there is. */
export function getRuns(r: Reader, last: number, each: (id: number) => void): void {
  const size = r.varint()
  const end = r.take(size) + size
  r.position -= size
  let next = 0
  while (r.position < end) {
    const first = next + r.varint()
    const final = first + r.varint()
    if (final > last) throw new MalformedError(`A list of players goes up to ${final}, of ${last}.`)
    for (let id = first; id <= final; id++) each(id)
    next = final + 1
  }
  if (r.position !== end) throw new MalformedError('A list of players is longer than it says.')
}
