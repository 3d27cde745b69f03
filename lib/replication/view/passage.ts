/** Where the server sends a client on to, and what it shows there in the place of a login. Loaded late, with beside.ts. */
import type { Reader, Writer } from '../../base/bytes.ts'
import type { Transfer } from '../../protocol/messages.ts'

// As in protocol/opcodes.ts and messages.ts, which the first piece has.
const Ticket = 0x1c
const longestUrl = 4096
const longestTicket = 1 << 16

export const readPassage = (r: Reader): Transfer => ({ url: r.text(longestUrl), ticket: r.text(longestTicket) })

export function showPassage(w: Writer, { ticket }: Transfer): void {
  w.u8(Ticket)
  w.text(ticket)
}
