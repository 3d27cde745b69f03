/** How byte streams stand in messages: what is said of one, and the sizes that both sides go by. docs/streams.md, "On the wire". */

/** What is said of streams, behind the library's id. */
export const Said = {
  /** A number, how far the other side may send, the message's id, then the message. */
  open: 0,
  /** A number, how far the other side may send. */
  accept: 1,
  /** A number, what all pieces before it have cost, then bytes. */
  data: 2,
  /** Of several streams the number, and how far the other side may send now. */
  credit: 3,
  /** A number, what all pieces have cost: nothing follows this way. */
  end: 4,
  /** A number, which ways, and why. */
  abort: 5,
  /** How often by now: of the streams so far none goes on, for some of what was sent is lost. The client says the same when it has heard it. */
  afresh: 6,
} as const

/** The ways of a stream, from the side that speaks of them. */
export const outward = 1
export const inward = 2

/** What a piece of a stream costs besides its bytes. */
export const toll = 2048
/** The longest piece, bytes: a call waits behind no more of it. */
export const longestPiece: number = 16 << 10
/** What may be under way and unread of one stream each way, in cost. */
export const windowCost: number = 256 << 10
/** Streams that each side may have open at once. */
export const mostStreams = 32
/** How far ahead of what has come credit may be, in cost. */
export const longestAhead: number = 16 << 20
