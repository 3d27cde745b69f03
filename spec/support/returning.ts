/** Clients that lose their connection and come back by hand, with any token; and calls that are numbered by hand. */
import { Reader } from '../../lib/base/bytes.ts'
import { closeName } from '../../lib/protocol/close.ts'
import { getResumed, getWelcome, putClose } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import type { Target } from './besiege.ts'
import { written } from './intruder.ts'
import type { RawClient } from './raw-client.ts'

/** A client that would come back, as its server told it. */
export async function returning({ siege }: Target): Promise<{ raw: RawClient; token: string }> {
  const raw = await siege.stranger()
  raw.selectResuming(siege.world.server.schemaHash)
  raw.login()
  await siege.heard(raw)
  const welcome = raw.frames.find(frame => frame[0] === Op.Welcome)!
  return { raw, token: getWelcome(new Reader(welcome.subarray(1))).token }
}

/** Breaks a connection, and waits until its server knows. */
export async function lost({ siege }: Target, raw: RawClient): Promise<void> {
  const { server } = siege.world
  const gone = new Promise<void>(resolve => {
    const offs = (['lost', 'close'] as const).map(event =>
      server.on(event, () => {
        for (const off of offs) off()
        resolve()
      }),
    )
  })
  raw.abort()
  await siege.world.until(gone)
}

/** Comes with a token. Gives what came of it: the next token, or why not. */
export async function comeBack(
  { siege }: Target,
  token: string,
  heard = 0,
): Promise<{ raw: RawClient; next: string | null; why: string }> {
  const raw = await siege.stranger()
  raw.selectResuming(siege.world.server.schemaHash)
  raw.resume(token, heard)
  await siege.heard(raw)
  const resumed = raw.frames.find(frame => frame[0] === Op.Resumed)
  if (resumed) return { raw, next: getResumed(new Reader(resumed.subarray(1))).token, why: '' }
  return { raw, next: null, why: closeName(await siege.end(raw)) }
}

/** A call with the number of a datagram, the reliable way. */
export const confirm = (put: { key: number; object: number; number: number; n: number }): Uint8Array =>
  written(w => {
    w.u8(Op.Confirm)
    w.varint(put.number)
    w.varint(put.key)
    w.varint(put.object)
    w.varint(2)
    w.u16(put.n)
  })

/** Leaves for good: nobody waits for it to come back. */
export function leave(raw: RawClient): void {
  raw.write(w => putClose(w, 1, ''))
}
