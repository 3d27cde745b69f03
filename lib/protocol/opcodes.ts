/** The first byte of every message; use as `import * as Op`. docs/protocol.md describes what follows each. */

// Either direction.
export const Close = 0x01
export const Ping = 0x02
export const Pong = 0x03
/** How many of the other side's frames have come. */
export const Ack = 0x04
/** First in a frame whose rest is another frame, deflated, behind its size. */
export const Deflated = 0x05
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
/** First in each datagram: its number. */
export const Datagram = 0x19
/** The newest call of a Latest field that went as a datagram, once more. */
export const Confirm = 0x1a
/** In the place of a Login: goes on with a session whose connection was lost. */
export const Resume = 0x1b
/** In the place of a Login: comes from another server of the deployment. */
export const Ticket = 0x1c
/** In the place of a Select: asks what the server says of itself. The same in all versions of the protocol, as Hello, Info and Close are. */
export const Query = 0x1d
/** A message beside the objects, with its length. */
export const Message = 0x1e
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
/** First in each datagram, and in each frame to a client that has datagrams: the flush that it belongs to. */
export const Tick = 0x51
/** The newest call of a Latest field that went as a datagram, once more. */
export const Newest = 0x52
export const Resumed = 0x53
/** Everything is told anew; and later, that all of it has been told. */
export const Afresh = 0x54
/** Where to go on, and with what in the place of a login. A Close follows. */
export const Transfer = 0x55
export const Info = 0x56
/** A message beside the objects, with its length. */
export const Told = 0x57
/** 0x80 to 0xff: a Deliver of the same field, its object's id given as the difference to the last one's, -64 to 63. */
export const Repeat = 0x80

export const isToClient = (op: number): boolean => op >= Hello
