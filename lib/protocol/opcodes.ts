/** The first byte of every message; use as `import * as Op`. docs/protocol.md describes what follows each. */

// Either direction.
export const Close = 0x01
export const Ping = 0x02
export const Pong = 0x03
// To the server.
export const Select = 0x10
export const Login = 0x11
export const Call = 0x12
export const Request = 0x13
export const Create = 0x14
export const Delete = 0x15
export const Watch = 0x16
export const Fetch = 0x17
export const Differs = 0x18
// To the client.
export const Hello = 0x40
export const Outline = 0x41
export const Welcome = 0x42
export const Deliver = 0x43
export const Enter = 0x44
export const Leave = 0x45
export const Move = 0x46
export const Owner = 0x47
export const Open = 0x48
export const ZoneDone = 0x49
export const ZoneLeft = 0x4a
export const Refresh = 0x4b
export const Result = 0x4c
export const Refused = 0x4d
export const Vetoed = 0x4e
export const Settled = 0x4f
export const Batch = 0x50
/** 0x80 to 0xff: a Deliver of the same field, its object's id given as the difference to the last one's, -64 to 63. */
export const Repeat = 0x80

export const isToClient = (op: number): boolean => op >= Hello
