/** The first byte of every message. docs/protocol.md describes what follows each. */

/** Version of the protocol; differs whenever an old peer could misread a new one. */
export const protocolVersion = 1

export const Op = {
  // Either direction.
  Close: 0x01,
  Ping: 0x02,
  Pong: 0x03,
  // To the server.
  Select: 0x10,
  Login: 0x11,
  Call: 0x12,
  Request: 0x13,
  Create: 0x14,
  Delete: 0x15,
  Watch: 0x16,
  Fetch: 0x17,
  // To the client.
  Hello: 0x40,
  Outline: 0x41,
  Welcome: 0x42,
  Deliver: 0x43,
  Enter: 0x44,
  Leave: 0x45,
  Move: 0x46,
  Owner: 0x47,
  Open: 0x48,
  ZoneDone: 0x49,
  ZoneLeft: 0x4a,
  Refresh: 0x4b,
  Result: 0x4c,
  Refused: 0x4d,
  Vetoed: 0x4e,
  Settled: 0x4f,
  /** 0x80 to 0xff: a Deliver of the same field, its object's id given as the difference to the last one's, -64 to 63. */
  Repeat: 0x80,
} as const

export const isToServer = (op: number): boolean => op >= 0x10 && op < 0x40
export const isToClient = (op: number): boolean => op >= 0x40

/** What a Watch asks for. */
export const WatchMode = { set: 0, add: 1, delete: 2 } as const
export type WatchMode = keyof typeof WatchMode

/** Bits of an Enter's flags. */
export const EnterFlag = { inZone: 1, owned: 2, stored: 4 } as const

/** Why an object left. */
export const LeaveReason = { view: 0, deleted: 1 } as const
