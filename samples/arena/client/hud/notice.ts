/** What stands in the middle while there is no connection: why, what happens next, and a button for the impatient. */
import type { Connection, ConnectionState } from '../connection.ts'
import { element, setText } from './dom.ts'

const card = element('notice')
const title = element('notice-title')
const text = element('notice-text')
const button = element('notice-button')

export function startNotice(connection: Connection): void {
  button.addEventListener('click', () => {
    const { state } = connection
    if (state.phase === 'lost' && state.outdated) location.reload()
    else connection.retry()
  })
}

/** Called with each change, and now and then for the countdown. */
export function showNotice(state: ConnectionState, now: number): void {
  const again = state.phase === 'connecting' && state.again
  card.hidden = !(state.phase === 'lost' || again)
  if (state.phase === 'lost') {
    setText(
      title,
      state.outdated
        ? 'Please reload'
        : state.retryAt === null
          ? 'You have left the arena'
          : 'The server has gone away',
    )
    setText(
      text,
      state.retryAt === null
        ? state.why
        : `${state.why} Trying again in ${Math.max(1, Math.ceil((state.retryAt - now) / 1000))} s.`,
    )
    setText(button, state.outdated ? 'Reload' : state.retryAt === null ? 'Come back in' : 'Try now')
  } else if (again) setText(text, 'Trying to reach it again …')
  button.toggleAttribute('disabled', again)
}
