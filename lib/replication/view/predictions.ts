/** Calls that ran here before the server had its say, per object and field. A call that returns with the same bytes is one's own. Rule 3 of docs/guarantees.md. */
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'

/** The most predicted calls that are remembered per field; older ones are taken for settled. */
const most = 1024

export class Predictions {
  readonly #waiting = new Map<Field, Uint8Array[]>()

  predict(field: Field, args: Uint8Array): void {
    let waiting = this.#waiting.get(field)
    if (!waiting) this.#waiting.set(field, (waiting = []))
    waiting.push(args)
    if (waiting.length > most) waiting.shift()
  }

  /** True where the call that arrived is the confirmation of a predicted one, which must not run again. */
  confirms(field: Field, bytes: Uint8Array, from: number, to: number): boolean {
    const waiting = this.#waiting.get(field)
    if (!waiting || waiting.length === 0) return false
    // A Latest call may have overtaken earlier ones, which then never return.
    const reach = field.has(Flags.Latest) ? waiting.length : 1
    for (let i = 0; i < reach; i++) {
      if (!equal(waiting[i]!, bytes, from, to)) continue
      waiting.splice(0, i + 1)
      return true
    }
    return false
  }

  /** The oldest predicted call will not return. */
  settle(field: Field): void {
    this.#waiting.get(field)?.shift()
  }
}

function equal(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  if (a.length !== to - from) return false
  for (let i = from; i < to; i++) if (a[i - from] !== b[i]) return false
  return true
}
