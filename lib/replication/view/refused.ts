/** Why a connection ended before the client was ready: what `connect` rejects with. Loaded late, with beside.ts. */
import type { Disconnected, FieldcastError, Rejected, SchemaMismatch } from '../../base/errors.ts'
import type { Flags } from '../../schema/flags.ts'
import { loadDifferences } from '../../schema/load-differences.ts'
import type { ClassOutline } from '../../schema/outline.ts'
import type { ClientSession } from '../../session/client-session.ts'

// As in protocol/opcodes.ts and close.ts, which the first piece has.
const Differs = 0x18
const invalidLogin = 5
const schemaMismatch = 7

/** What it would import if it were not loaded late. */
export interface RefusalKit {
  readonly Disconnected: typeof Disconnected
  readonly Rejected: typeof Rejected
  readonly SchemaMismatch: typeof SchemaMismatch
}

/** How the server's classes differ from this client's. */
export interface Mismatch {
  readonly message: string
  readonly differences: readonly string[]
}

/** Compares the classes of both sides, and tells the server, which will close. Null where the words for it cannot be loaded, as on a page of yesterday. */
export async function compare(
  theirs: string,
  ours: readonly ClassOutline[],
  flags: typeof Flags,
  session: ClientSession,
): Promise<Mismatch | null> {
  try {
    const { mismatch } = await loadDifferences()
    const words = mismatch(JSON.parse(theirs), ours, flags)
    session.write(w => {
      w.u8(Differs)
      w.text(words.told)
    })
    return words
  } catch {
    return null
  }
}

export async function refusal(
  kit: RefusalKit,
  code: number,
  reason: string,
  text: string,
  compared: Promise<Mismatch | null> | undefined,
): Promise<FieldcastError> {
  if (code === schemaMismatch) {
    const mismatch = await compared
    return new kit.SchemaMismatch(mismatch?.message ?? text, mismatch?.differences ?? [])
  }
  if (code === invalidLogin) return new kit.Rejected(`The login was refused: ${text}`, text)
  return new kit.Disconnected(`The server ended the connection: ${text} (${reason}, code ${code})`, code, reason)
}
