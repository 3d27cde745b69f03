/** Dials several urls of one server, the better ones first, and takes the first connection that opens. Loaded late: it imports nothing that runs. */
import type { Clock, Timer } from '../base/clock.ts'
import type { CloseReason } from '../protocol/close.ts'
import type { Channel, ChannelReceiver } from './transport.ts'

type Accept = (channel: Channel) => ChannelReceiver

export interface RaceOptions {
  readonly clock: Clock
  /** How long one may take before the next is tried beside it, ms. */
  readonly fallbackMs: number
  /** How long all may take, ms. */
  readonly giveUpMs: number
  /** Connects to one url. `isWanted` says, before the network is touched, whether that is still of use. */
  readonly dial: (url: string, accept: Accept, isWanted: () => boolean) => Promise<void>
  /** Makes the error for when none has opened: by url, why; those without an answer are missing. */
  readonly failed: (failures: ReadonlyMap<string, Error>) => Error
}

/** The close code of a connection that was not needed. */
const normal: typeof CloseReason.normal = 1
const nobody: ChannelReceiver = { frame: () => {}, end: () => {} }

/** `accept` is called for one of them at most. Resolves with its url. */
export function race(urls: readonly string[], accept: Accept, options: RaceOptions): Promise<string> {
  const { clock, fallbackMs, giveUpMs, dial, failed } = options
  return new Promise((resolve, reject) => {
    const waiting = [...urls]
    const failures = new Map<string, Error>()
    let isDecided = false
    let fallback: Timer | undefined

    const decide = (): void => {
      isDecided = true
      fallback?.cancel()
      deadline.cancel()
    }
    const fail = (): void => {
      decide()
      reject(failed(failures))
    }
    const next = (): void => {
      fallback?.cancel()
      const url = waiting.shift()
      if (url === undefined) return
      if (waiting.length > 0) fallback = clock.after(fallbackMs, next)
      let isChosen = false
      const opened = (channel: Channel): ChannelReceiver => {
        if (isDecided) {
          channel.close(normal, '')
          return nobody
        }
        isChosen = true
        decide()
        return accept(channel)
      }
      const missed = (error: Error): void => {
        // What accept threw is no reason to try another.
        if (isChosen) return reject(error)
        if (isDecided) return
        failures.set(url, error)
        if (failures.size === urls.length) fail()
        else next()
      }
      dial(url, opened, () => !isDecided).then(() => isChosen && resolve(url), missed)
    }
    const deadline = clock.after(giveUpMs, fail)
    next()
  })
}
