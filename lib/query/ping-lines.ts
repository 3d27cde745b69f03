/** What `fieldcast ping` prints: a line per answer, a line per url at the end. Servers are strangers: nothing that they say commands the terminal. */
import { printable } from '../base/printable.ts'
import type { ServerInfo } from './asking.ts'

/** Most characters of a name that are shown. */
const shown = 60

const oneLine = (text: string): string => printable(text.replaceAll('\n', ' '), 1, shown)[0] ?? ''
const digits = (ms: number): string => (ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0))

/** @param ownProtocol of this package. */
export function answerLine(url: string, info: ServerInfo, ownProtocol: number): string {
  const { name, players, maxPlayers, full, latency, protocol, library } = info
  const parts = [
    oneLine(name),
    `${players}${maxPlayers === null ? '' : ` of ${maxPlayers}`} player${players === 1 && maxPlayers === null ? '' : 's'}${full ? ' (full)' : ''}`,
    oneLine(library),
    protocol === ownProtocol ? '' : `protocol ${protocol} (this one speaks ${ownProtocol})`,
    `${digits(latency)} ms`,
  ]
  return `${url}: ${parts.filter(part => part !== '').join(', ')}`
}

/** How one url has answered so far. */
export class Tally {
  asked = 0
  answered = 0
  #least = Number.POSITIVE_INFINITY
  #sum = 0
  #most = 0

  add(latency: number): void {
    this.answered++
    this.#least = Math.min(this.#least, latency)
    this.#most = Math.max(this.#most, latency)
    this.#sum += latency
  }

  /** Null for each where nothing was answered; ms. */
  get figures(): { readonly min: number | null; readonly avg: number | null; readonly max: number | null } {
    if (this.answered === 0) return { min: null, avg: null, max: null }
    return { min: this.#least, avg: this.#sum / this.answered, max: this.#most }
  }

  line(url: string): string {
    const { min, avg, max } = this.figures
    const counted = `${url}: ${this.asked} asked, ${this.answered} answered`
    return min === null ? counted : `${counted}, min/avg/max ${digits(min)}/${digits(avg!)}/${digits(max!)} ms`
  }
}
