/** Calls that ran here before the server had its say, per object and field. A call that returns with the same bytes is one's own. Rules 3 and 8 of docs/guarantees.md. */
import type { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'

/** The most predicted calls that are remembered per field; older ones are taken for settled. */
const most = 1024

interface Prediction {
  readonly args: Uint8Array
  /** The number of the frame that it left with. */
  readonly frame: number
  /** Something else stands since it ran, and may stand after it too: its return runs again. */
  overtaken: boolean
}

/** An object whose calls may be predicted. */
interface Predicting {
  readonly isMine: boolean
  predictions: Predictions | null
}

export class Predictions {
  readonly #waiting = new Map<Field, Prediction[]>()
  /** The arguments with which a field ran here last, where no other than its own calls have. */
  readonly #standing = new Map<Field, Uint8Array>()

  predict(field: Field, args: Uint8Array, frame: number): void {
    let waiting = this.#waiting.get(field)
    if (!waiting) this.#waiting.set(field, (waiting = []))
    waiting.push({ args, frame, overtaken: false })
    if (waiting.length > most) waiting.shift()
    this.#standing.set(field, args)
  }

  /** True where the call that arrived is the confirmation of a predicted one, which must not run again. */
  confirms(field: Field, bytes: Uint8Array, from: number, to: number): boolean {
    const waiting = this.#waiting.get(field) ?? []
    // A Latest call may have overtaken earlier ones, which then never return.
    const reach = field.isLatest ? waiting.length : Math.min(1, waiting.length)
    const same = ({ args }: Prediction, i: number): boolean => i < reach && equal(args, bytes, from, to)
    const first = waiting.findIndex(same)
    if (first < 0) {
      this.overtake(field)
      return false
    }
    // Of several equal calls any may be the one that returned; what lies between may never return.
    for (let i = first + 1, last = waiting.findLastIndex(same); i <= last; i++) waiting[i]!.overtaken = true
    const { overtaken, args } = waiting[first]!
    waiting.splice(0, first + 1)
    const standing = this.#standing.get(field)
    if (!overtaken || (standing && equal(standing, bytes, from, to))) return true
    this.#standing.set(field, args)
    return false
  }

  /** What left with frames up to this one has been settled, and what stands is told anew. */
  settleAll(frame: number): void {
    for (const [field, waiting] of this.#waiting)
      this.#waiting.set(
        field,
        waiting.filter(prediction => prediction.frame > frame),
      )
    this.#standing.clear()
  }

  /** Another call than one's own decides what stands. Of Latest calls under way none is sure to come after it. */
  overtake(field: Field): void {
    this.#standing.delete(field)
    if (field.isLatest) for (const prediction of this.#waiting.get(field) ?? []) prediction.overtaken = true
  }

  /** The oldest predicted call will not return. Which one that was cannot be told of Latest calls. */
  settle(field: Field): void {
    if (field.isLatest) this.overtake(field)
    else this.#waiting.get(field)?.shift()
  }

  /** The newest predicted call, where it will stand once it returns: what runs meanwhile must not hide it. Null for fields that keep no state. */
  newest(field: Field): Uint8Array | null {
    const newest = field.isKept || field.isLatest ? this.#waiting.get(field)?.at(-1) : undefined
    if (!newest || newest.overtaken) return null
    this.#standing.set(field, newest.args)
    return newest.args
  }
}

function equal(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  if (a.length !== to - from) return false
  for (let i = from; i < to; i++) if (a[i - from] !== b[i]) return false
  return true
}

/** Remembers a call that runs here before the server has its say, where the server sends it back. */
export function predict(flags: typeof Flags, body: Predicting, field: Field, bytes: Uint8Array, frame: number): void {
  if (returnsToSender(flags, field, body.isMine)) (body.predictions ??= new Predictions()).predict(field, bytes, frame)
}

function returnsToSender(flags: typeof Flags, field: Field, mine: boolean): boolean {
  if (field.has(flags.NoEcho | flags.ServerOnly)) return false
  if (field.has(flags.OwnerOnly)) return mine
  return field.has(flags.Broadcast) || field.isKept
}
