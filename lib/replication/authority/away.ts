/** What the server keeps of a client while its connection is lost. Rule 26 of docs/guarantees.md. */
import type { Writer } from '../../base/bytes.ts'
import type { Timer } from '../../base/clock.ts'
import { frameCost } from '../../session/frame-log.ts'
import { withWriter } from './call-arguments.ts'

export class Away {
  /** Why and when the connection was lost; `at` in ms. */
  readonly code: number
  readonly text: string
  readonly at: number
  /** Ends the wait. */
  readonly timer: Timer
  /** It has missed more than is kept: it is told nothing any more, and everything when it comes back. */
  asleep = false
  /** What came of its requests since then; what else it missed is told anew. */
  answers: Uint8Array[] = []
  #left: number

  /** @param room bytes that answers may take. */
  constructor(code: number, text: string, at: number, timer: Timer, room: number) {
    this.code = code
    this.text = text
    this.at = at
    this.timer = timer
    this.#left = room
  }

  /** One that finds no room is lost: the client's request runs into its time limit. */
  note(put: (w: Writer) => void): void {
    const answer = withWriter(w => {
      put(w)
      return w.slice()
    })
    this.#left -= answer.length + frameCost
    if (this.#left >= 0) this.answers.push(answer)
  }
}
