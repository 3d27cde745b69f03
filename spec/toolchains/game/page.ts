/** The clients alone, in a browser: `?url=ws://127.0.0.1:7200`. Puts into the document what they saw. */
import { play } from './client.js'

play(new URLSearchParams(location.search).get('url')!).then(
  played => finish('played', JSON.stringify(played)),
  error => finish('failed', String(error?.stack ?? error)),
)

function finish(outcome: string, text: string): void {
  document.body.textContent = text
  document.title = outcome
}
