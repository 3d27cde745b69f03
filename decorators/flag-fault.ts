/** Which flags contradict each other, for the compiler alone: what `contradiction` of the schema says at load, said where the flags are written. */
import type { Contradictions, Flags } from '../lib/schema/flags.ts'

/** `Flags.A | Flags.B` is a plain `number` to TypeScript; of a list it knows each item. */
export type FlagsGiven = number | readonly number[]

type All = typeof Flags
type Name = keyof All
type Flag = All[Name]
type NameOf<F> = { [N in Name]: All[N] extends F ? N : never }[Name]

/** Never where the flags can stand together, on the method `M`, or are not known; else a sentence. */
export type FlagFault<F, M> = F extends readonly number[] ? ListFault<F, M> : OneFault<F, M>

/** One flag alone. */
type OneFault<F, M> = F extends Flag ? Clash<F, M> : never

type ListFault<L extends readonly number[], M> = number extends Certain<L>[number]
  ? never
  : Stranger<L[number]> | Double<L> extends infer Fault
    ? [Fault] extends [never]
      ? Clash<L[number], M>
      : Fault
    : never

/** An item that is one flag or another is not known. */
type Certain<L extends readonly number[]> = { [K in keyof L]: IsOne<L[K]> extends true ? L[K] : number }
type IsOne<F, Whole = F> = F extends unknown ? ([Whole] extends [F] ? true : false) : never

type Stranger<F extends number> = F extends Flag ? never : `${F} is none of Flags`

type Double<L extends readonly number[]> = L extends readonly [infer First, ...infer Others extends readonly number[]]
  ? First extends Others[number]
    ? `${NameOf<First>} stands twice`
    : Double<Others>
  : never

/** What `contradiction` says, in its order. `F`: the union of all flags that are set. */
type Clash<F, M> = [All['OwnerOnly' | 'Broadcast']] extends [F]
  ? Contradictions['ownerOnly']
  : [All['ServerOnly']] extends [F]
    ? [F & All['Broadcast' | 'OwnerOnly']] extends [never]
      ? ClashOfSenders<F, M>
      : Contradictions['serverOnly']
    : ClashOfSenders<F, M>

type ClashOfSenders<F, M> = [F & All['OwnerSend' | 'ClientSend']] extends [never]
  ? [All['Predict']] extends [F]
    ? Contradictions['predict']
    : [All['NoEcho']] extends [F]
      ? Contradictions['noEcho']
      : never
  : [All['Predict']] extends [F]
    ? M extends (...args: never) => infer R
      ? IsRequest<R> extends true
        ? "a request waits for the server's answer; Predict would not. Keep one of them."
        : never
      : never
    : never

/** `any` and `never` are none. */
type IsRequest<R> = unknown extends R
  ? false
  : [R] extends [never]
    ? false
    : [R] extends [Promise<unknown>]
      ? true
      : false
