/**
 * Which parameter types certainly cannot be sent, for the compiler alone: `@field` is refused where it stands, with the reason as the type
 * that was expected. The build decides for good; nothing is refused here that it would let through.
 */
import type { NetworkObject } from '../lib/schema/network-object.ts'

/** Values that need no second look. Checked in brackets, it takes `any` too. */
type Plain = string | number | boolean | bigint | null | undefined | void
/** Known by members that nothing else has: another copy of the package is as good. */
type Reference = Pick<NetworkObject, 'storedId' | 'onOwnerGained'>
type Safe = Plain | Reference | ArrayBufferView | Date
type Unsendable = Function | symbol | PromiseLike<unknown> | Target
/** An EventTarget by its members: the program may have no lib.dom. */
interface Target {
  addEventListener(...args: never): void
  removeEventListener(...args: never): void
  dispatchEvent(...args: never): boolean
}
/** Maps and sets look like them, and are to be asked first. */
type Weak = WeakMap<any, any> | WeakSet<any> | WeakReference
interface WeakReference {
  readonly [Symbol.toStringTag]: 'WeakRef'
}
/** Interfaces and classes are none: their functions may be the methods of a struct, which stay at home. */
type Literal = { readonly [key: string]: unknown }

/** How far objects and lists are looked into: recursive types end, large ones stay cheap. */
type Below = [never, 0, 1, 2]

/**
 * `any` for what cannot be sent, else never. It is `any` for the sake of type parameters: where the compiler has to put a decision
 * off, it goes by the branch that is not `any`, so that `item: T` of a generic class passes.
 */
type Fault<T, Depth extends number = 3> = [T] extends [Plain]
  ? never
  : T extends Safe
    ? never
    : T extends Unsendable
      ? any
      : [Depth] extends [never]
        ? never
        : T extends readonly unknown[]
          ? Fault<T[number], Below[Depth]>
          : T extends ReadonlyMap<infer K, infer V>
            ? Fault<K, Below[Depth]> | Fault<V, Below[Depth]>
            : T extends ReadonlySet<infer V>
              ? Fault<V, Below[Depth]>
              : T extends Weak
                ? any
                : T extends Literal
                  ? FaultOfMembers<T, Plain, Below[Depth]>
                  : FaultOfMembers<T, Plain | Function, Below[Depth]>

/** `Passed`: what needs no look. What is read-only may be a struct's getter, which stays at home; `Readonly<Struct>` makes a literal of a struct. */
type FaultOfMembers<T, Passed, Depth extends number> = [T[keyof T]] extends [Passed]
  ? never
  : { [K in keyof T]-?: FaultOfMember<T, K, Passed, Depth> }[keyof T]

type FaultOfMember<T, K extends keyof T, Passed, Depth extends number> = [T[K]] extends [Passed]
  ? never
  : Box<Fault<T[K], Depth>> extends Box<never> | T
    ? never
    : IsReadonly<T, K> extends true
      ? never
      : any

type FaultsOf<Parameters extends readonly unknown[]> = {
  [K in keyof Parameters]-?: Fault<Parameters[K]>
}[number]
type FaultOfAnswer<R> = R extends Promise<infer T> ? Fault<T> : never
/** The compiler decides between two of these at once, type parameters or not. */
interface Box<Faults> {
  readonly faults: Faults
}

/** Never where a method can be a field, as far as types tell; else a tuple whose label is the parameter and whose item says why. */
export type UnsendableIn<M> = M extends (...args: infer A) => infer R
  ? Box<FaultsOf<A> | FaultOfAnswer<R>> extends
      | Box<never>
      // Not for its meaning: without a type parameter here the compiler would decide once, for all methods.
      | M
    ? never
    : FirstReason<Required<A>, R>
  : never

type FirstReason<A, R> = A extends readonly [unknown, ...infer Others]
  ? [ReasonIn<A, A[0]>] extends [never]
    ? FirstReason<Others, R>
    : // The first item with its label: nothing but a tuple keeps a parameter's name.
      A extends readonly [...infer One extends readonly [unknown], ...unknown[]]
      ? { [K in keyof One]: ReasonIn<A, A[0]> }
      : never
  : A extends readonly []
    ? R extends Promise<infer T>
      ? Unless<ReasonIn<R, T>, [result: ReasonIn<R, T>]>
      : never
    : A extends readonly (infer T)[]
      ? Unless<ReasonIn<A, T>, [rest: ReasonIn<A, T>], FirstReason<[], R>>
      : never

type Unless<Reason, Some, None = never> = [Reason] extends [never] ? None : Some

/** Why a part of `Whole` cannot be sent, or never. The union with the whole is as above. */
type ReasonIn<Whole, Part, Path extends string = '', Depth extends number = 3> =
  Box<Fault<Part, Depth>> extends Box<never> | Whole ? never : Reason<Part, Path, Depth>

type Reason<T, Path extends string, Depth extends number> = T extends Safe
  ? never
  : T extends abstract new (
        ...args: never
      ) => unknown
    ? At<Path, 'a class cannot be sent. Send its name, or an instance of a class with @struct().'>
    : T extends Function
      ? At<Path, 'a function cannot be sent. Send data, and let the handler decide what to run.'>
      : T extends symbol
        ? At<Path, 'a symbol cannot be sent. Write a union of string literals.'>
        : T extends PromiseLike<unknown>
          ? At<Path, 'a promise cannot be sent. Send what it resolves to.'>
          : T extends readonly unknown[]
            ? ReasonIn<T, T[number], Path, Below[Depth]>
            : T extends ReadonlyMap<infer K, infer V>
              ? ReasonIn<T, K, Path, Below[Depth]> | ReasonIn<T, V, Path, Below[Depth]>
              : T extends ReadonlySet<infer V>
                ? ReasonIn<T, V, Path, Below[Depth]>
                : T extends WeakMap<any, any>
                  ? At<Path, 'a WeakMap cannot be sent. Write Map.'>
                  : T extends WeakSet<any>
                    ? At<Path, 'a WeakSet cannot be sent. Write Set.'>
                    : T extends WeakReference
                      ? At<Path, 'a WeakRef cannot be sent. Send what it refers to.'>
                      : T extends Target
                        ? At<Path, 'an EventTarget, such as a DOM node, cannot be sent. Send data.'>
                        : T extends Literal
                          ? ReasonOfMembers<T, Path, Plain, Below[Depth]>
                          : ReasonOfMembers<T, Path, Plain | Function, Below[Depth]>

type ReasonOfMembers<T, Path extends string, Passed, Depth extends number> = {
  [K in keyof T & string]-?: Box<FaultOfMember<T, K, Passed, Depth>> extends Box<never> | T
    ? never
    : Reason<T[K], `${Path}.${K}`, Depth>
}[keyof T & string]

type At<Path extends string, Why extends string> = Path extends '' ? Why : `${Path}: ${Why}`

type IsReadonly<T, K extends keyof T> = Same<{ [P in K]: T[P] }, { readonly [P in K]: T[P] }>
/** Read-only members make types unequal, but keep them assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
