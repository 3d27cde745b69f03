/** What `@field(...)` gives: a decorator of both dialects that stands on public methods whose parameters can be sent, and nowhere else. */
import type { WireType } from '../lib/schema/wire.ts'
import type { ArgumentsOf } from './by-hand.ts'
import type { FlagFault } from './flag-fault.ts'
import type { UnsendableIn } from './sendable.ts'

/**
 * What is refused is told as the type that was expected: that is what an editor shows. `none` keeps the dialects apart by the number of
 * arguments, so that the compiler speaks of the one that was meant.
 */
export interface FieldDecorator<T extends readonly WireType[], F = number> {
  /** The standard dialect; the older one on a property. */
  <M, C>(
    method: Accepted<Misplaced<C>, MethodFault<T, F, M>, ByHand<T, M, M, (...args: ArgumentsOf<T>) => unknown>>,
    context: C,
    ...none: []
  ): void
  /** The older dialect on methods and accessors. */
  <P, N, M>(
    prototype: Accepted<
      MisplacedOlder<P, N, M>,
      MethodFault<T, F, M>,
      ByHand<T, M, P, [method: (...args: ArgumentsOf<T>) => unknown]>
    >,
    name: N,
    descriptor: TypedPropertyDescriptor<M>,
  ): void
}

type Accepted<Place, Method, As> = [Place] extends [never] ? ([Method] extends [never] ? As : Method) : Place

/** Flags that the compiler does not know, the common case, cost it nothing. */
type MethodFault<T, F, M> = number extends F
  ? TypeFault<T, M>
  : [FlagFault<F, M>] extends [never]
    ? TypeFault<T, M>
    : FlagFault<F, M>

type TypeFault<T, M> = T extends readonly [] ? UnsendableIn<M> : never

/** With types by hand the method is compared with them, and what it can take is their business. */
type ByHand<T extends readonly WireType[], M, As, Wanted> = T extends readonly []
  ? As
  : unknown extends M
    ? As
    : M extends (...args: ArgumentsOf<T>) => unknown
      ? As
      : Wanted

type OnlyMethods<What extends string> =
  `@field stands on ${What}. Put it on a method: its parameters are what travels, its body is the handler.`
type Static = '@field stands on a static method. Put it on a method of the objects, without static.'
type Hidden = '@field stands on a private or protected method. Make the method public: others call it from afar.'
type Nameless = '@field stands on a symbol. Give the method a plain name: it is part of the contract.'

type Misplaced<C> = unknown extends C
  ? never
  : C extends {
        kind: 'method'
        static: infer IsStatic
        name: infer N
        access: { get(object: infer This): unknown }
      }
    ? IsStatic extends true
      ? Static
      : N extends symbol
        ? Nameless
        : // What is private in either way is no key.
          N extends keyof This
          ? never
          : Hidden
    : C extends { kind: infer Kind extends string }
      ? OnlyMethods<Kind extends 'field' ? 'a property' : Kind extends 'accessor' ? 'an accessor' : `a ${Kind}`>
      : OnlyMethods<'a property'>

/** `P` and `M` are unknown where they need not be found out, and where `any` was passed. */
type MisplacedOlder<P, N, M> = P extends Function
  ? Static
  : N extends symbol
    ? Nameless
    : unknown extends M
      ? never
      : M extends (...args: never) => unknown
        ? unknown extends P
          ? never
          : string extends N
            ? never
            : N extends keyof P
              ? never
              : Hidden
        : OnlyMethods<'a getter or setter'>
