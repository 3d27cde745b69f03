/** What whoever awaits an answer gets when the connection ends first. */
import { Disconnected } from '../base/errors.ts'
import { closeName } from '../protocol/close.ts'

/** @param what was asked. */
export function endedBefore(what: string, code: number): Disconnected {
  const reason = closeName(code)
  return new Disconnected(`The connection ended (${reason}) before ${what} was answered.`, code, reason)
}
