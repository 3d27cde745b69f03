/** A memory wire on which clients come from any address, as over a network: for limits by address, under virtual time. */
import type { Clock } from '../../lib/base/clock.ts'
import type { Channel, Dialer, Frame, Listener } from '../../lib/link/transport.ts'
import { memory } from '../../transports/memory.ts'

export interface AddressedWire extends Listener {
  /** A way in for clients of this address. One dials at a time. */
  from(address: string): Dialer
}

export function addressed(clock: Clock): AddressedWire {
  const wire = memory({ clock })
  let next = ''
  return {
    listen: (accept, limits) => wire.listen(channel => accept(new AddressedChannel(channel, next)), limits),
    close: () => wire.close(),
    from: address => ({
      schemes: ['memory'],
      dial: async (url, accept, limits) => {
        next = address
        await wire.dial(url, accept, limits)
      },
    }),
  }
}

class AddressedChannel implements Channel {
  readonly network = true
  readonly address: string
  readonly #inner: Channel

  constructor(inner: Channel, address: string) {
    this.#inner = inner
    this.address = address
  }

  get buffered(): number {
    return this.#inner.buffered
  }

  send(frame: Frame): void {
    this.#inner.send(frame)
  }

  close(code: number, text: string): void {
    this.#inner.close(code, text)
  }

  abort(): void {
    this.#inner.abort()
  }
}
