/** What `object.send` gives: an object with one method per field. Both sides use it; one class of it is built per network class. */
import type { Field, NetworkClass } from '../schema/network-class.ts'

/** Who takes the calls. `C` is what a side knows as a client. */
export interface Callee<C> {
  call(field: Field, args: readonly unknown[], only: C | null, except: C | null): unknown
}

type SenderClass<C> = new (callee: Callee<C>, only: C | null, except: C | null) => object

export class Senders<C> {
  readonly #classes = new Map<NetworkClass, SenderClass<C>>()

  make(type: NetworkClass, callee: Callee<C>, only: C | null, except: C | null): object {
    let Sender = this.#classes.get(type)
    if (!Sender) this.#classes.set(type, (Sender = build<C>(type)))
    return new Sender(callee, only, except)
  }
}

// Symbols: a field may bear any name.
const callee = Symbol('callee')
const only = Symbol('only')
const except = Symbol('except')

function build<C>(type: NetworkClass): SenderClass<C> {
  class Sender {
    readonly [callee]: Callee<C>
    readonly [only]: C | null
    readonly [except]: C | null

    constructor(to: Callee<C>, only_: C | null, except_: C | null) {
      this[callee] = to
      this[only] = only_
      this[except] = except_
    }
  }
  for (const field of type.fields) {
    Object.defineProperty(Sender.prototype, field.name, {
      value(this: Sender, ...args: unknown[]) {
        return this[callee].call(field, args, this[only], this[except])
      },
    })
  }
  return Sender
}
