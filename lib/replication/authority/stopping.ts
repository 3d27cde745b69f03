/** How a server may be stopped: with which words, and how long that may take. */
import { UsageError } from '../../base/errors.ts'
import { limitFault } from '../../messages/waiting.ts'
import { type CloseName, CloseReason, FIRST_GAME_CODE, LAST_CODE } from '../../protocol/close.ts'

export interface StopOptions {
  /** What every connection is closed with: a name of the table in docs/protocol.md, or a code of the game's own from 1000 on. @default 'server-shutdown' */
  readonly reason?: CloseName | number
  /** What clients are told besides. Default: the text of the reason. */
  readonly text?: string
  /** Longest to wait for everything to be closed and saved, ms; 0 for no limit. What is left goes on by itself then, and the event `warning` says so. @default 0 */
  readonly timeoutMs?: number
}

/** @throws UsageError */
export function checkStop({ reason = 'server-shutdown', text = '', timeoutMs = 0 }: StopOptions): void {
  const isReason =
    typeof reason === 'number'
      ? Number.isInteger(reason) && reason >= FIRST_GAME_CODE && reason <= LAST_CODE
      : Object.hasOwn(CloseReason, reason)
  if (!isReason)
    throw new UsageError(
      `stop({ reason }) is the name of a close code, such as 'server-shutdown', or a code of the game's own from ${FIRST_GAME_CODE} to ${LAST_CODE}, not ${String(reason)}.`,
    )
  if (typeof text !== 'string') throw new UsageError(`stop({ text }) is a text, not ${typeof text}.`)
  const fault = limitFault(timeoutMs)
  if (fault) throw new UsageError(`stop({ timeoutMs }): ${fault}`)
}
