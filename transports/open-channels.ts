/** The channels of a listener that stand open: admitted by the server above, ended together. */
import type { Channel, ChannelReceiver } from '../lib/link/transport.ts'
import { CloseReason } from '../lib/protocol/close.ts'
import { closeText } from '../lib/protocol/close-text.ts'

/** One that hears later who hears of it. */
export interface NewChannel extends Channel {
  receiver: ChannelReceiver | null
}

export class OpenChannels<C extends NewChannel> {
  readonly #channels = new Set<C>()
  #whenEmpty: (() => void) | null = null

  get size(): number {
    return this.#channels.size
  }

  /** A channel has opened; `accept` says who hears of it, or refuses it. */
  admit(channel: C, accept: (channel: Channel) => ChannelReceiver | null): void {
    this.#channels.add(channel)
    channel.receiver = accept(channel)
    if (!channel.receiver)
      channel.close(CloseReason['too-many-connections'], closeText(CloseReason['too-many-connections']))
  }

  /** A channel has ended. */
  remove(channel: C): void {
    this.#channels.delete(channel)
    if (this.#channels.size === 0) this.#whenEmpty?.()
  }

  /** Ends all with `server-shutdown`. Resolves when each has ended. */
  async shutDown(): Promise<void> {
    for (const channel of this.#channels)
      channel.close(CloseReason['server-shutdown'], closeText(CloseReason['server-shutdown']))
    if (this.#channels.size > 0) await new Promise<void>(resolve => (this.#whenEmpty = resolve))
    this.#whenEmpty = null
  }
}
