/** What `object.send` gives on a client: an object with one method per field. One class of it is built per network class. Loaded late, with view/beside.ts. The server has its own (authority/server-senders.ts). */
import type { Field, NetworkClass } from '../schema/network-class.ts'

/** Sends a call. */
export type Send = (field: Field, args: readonly unknown[]) => unknown

type Sender = new (send: Send) => object

export class Senders {
  readonly #classes = new Map<NetworkClass, Sender>()

  make(type: NetworkClass, send: Send): object {
    let Sender = this.#classes.get(type)
    if (!Sender) this.#classes.set(type, (Sender = build(type)))
    return new Sender(send)
  }
}

// A symbol: a field may bear any name.
const sendCall = Symbol('send')

function build({ fields }: NetworkClass): Sender {
  class Sender {
    readonly [sendCall]: Send

    constructor(send: Send) {
      this[sendCall] = send
    }
  }
  const methods = Sender.prototype as unknown as Record<string, unknown>
  for (const field of fields)
    methods[field.name] = function (this: Sender, ...args: unknown[]) {
      return this[sendCall](field, args)
    }
  return Sender
}
