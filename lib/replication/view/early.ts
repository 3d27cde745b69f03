/** Hears of a connection in the place of a receiver that is still being loaded, and tells it everything in order when it is there. */
import type { ChannelReceiver } from '../../link/transport.ts'

export function early(coming: Promise<ChannelReceiver>): ChannelReceiver {
  let receiver: ChannelReceiver | undefined
  const waiting: ((receiver: ChannelReceiver) => void)[] = []
  const tell = (what: (receiver: ChannelReceiver) => void): void => {
    if (receiver) what(receiver)
    else waiting.push(what)
  }
  coming.then(found => {
    // It may grow meanwhile.
    for (const what of waiting) what(found)
    receiver = found
  })
  return {
    frame: bytes => {
      if (receiver) return receiver.frame(bytes)
      const kept = bytes.slice()
      tell(to => to.frame(kept))
    },
    // No session is welcome yet that could use them.
    datagram: bytes => receiver?.datagram?.(bytes),
    end: (code, text) => tell(to => to.end(code, text)),
  }
}
