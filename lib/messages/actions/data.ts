/** What travels as an action: an object with a name under `action`. Everything else is out of band. */
import { ArgumentError } from '../../base/errors.ts'

/** As it arrives: whatever else the other side put in is to be checked. */
export interface ActionData {
  readonly action: string
  readonly [key: string]: any
}

/** The library's own events. No other side can raise them. */
const reserved: ReadonlySet<string> = new Set(['connected', 'disconnected', 'error'])

/** Whether it names an action of the game's. */
export function isAction(data: unknown): data is ActionData {
  const action = actionOf(data)
  return action !== null && !reserved.has(action)
}

/** @throws ArgumentError for the names of the library's events. */
export function checkSendable(data: unknown): void {
  const action = actionOf(data)
  if (action !== null && reserved.has(action))
    throw new ArgumentError(
      `'${action}' is an event of the library's own, which nobody can send. Give the action another name.`,
    )
}

/** For the texts of errors. */
export const shown = (data: unknown): string => {
  const action = actionOf(data)
  return action === null ? 'What has no action' : `The action ${JSON.stringify(action.slice(0, 80))}`
}

/** An own property alone: what is inherited was not sent. */
function actionOf(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || Array.isArray(data) || !Object.hasOwn(data, 'action')) return null
  const { action } = data as { readonly action: unknown }
  return typeof action === 'string' ? action : null
}
