/** Which classes may bear `@networkClass`, `@struct` and `@message`, for the compiler alone: what is refused is told as the type that was expected. */
import type { NetworkObject } from '../lib/schema/network-object.ts'
import type { WireType } from '../lib/schema/wire.ts'

/** By members that nothing else has: another copy of the package is as good. */
type Networked = Pick<NetworkObject, 'storedId' | 'onOwnerGained'>

/** The class itself where it may bear `@networkClass`. */
export type NetworkClassOf<C> =
  IsClass<C> extends true
    ? C extends { readonly prototype: Networked }
      ? C
      : '@networkClass: the class must extend NetworkObject.'
    : '@networkClass stands on a member. Put it on the class; methods take @field(flags).'

/** The class itself where it may bear `@struct`. */
export type StructOf<C> =
  IsClass<C> extends true
    ? C extends new () => infer Instance
      ? Instance extends Networked
        ? '@struct: a network class is none. Take @struct() away: network objects are sent as references.'
        : C
      : '@struct: it must be possible to construct one without arguments. Make the class concrete, its constructor public, and give each parameter a default.'
    : '@struct stands on a member. Put it on the class.'

/** The class itself where it may bear `@message`. */
export type MessageClassOf<C> =
  IsClass<C> extends true
    ? C extends new () => infer Instance
      ? Instance extends Networked
        ? '@message: a network class is none. Take @message() away, and send the id of the object, a uint32.'
        : [ObjectIn<Instance>] extends [never]
          ? ReplyFault<C>
          : `@message: ${ObjectIn<Instance>} is a network object. Send its id, a uint32, and look it up in client.objects there.`
      : '@message: it must be possible to construct one without arguments. Make the class concrete, its constructor public, and give each parameter a default.'
    : '@message stands on a member. Put it on the class.'

type ReplyFault<C> = C extends { readonly reply: infer Reply }
  ? Reply extends WireType
    ? C
    : '@message: static reply holds a wire type, like int32 or wire.object({ ... }).'
  : C

/** The properties that are network objects, or null. */
type ObjectIn<T> = { [K in keyof T & string]-?: IsObject<NonNullable<T[K]>> extends true ? K : never }[keyof T & string]

/** `any` and `never` are none. */
type IsObject<T> = unknown extends T ? false : [T] extends [never] ? false : [T] extends [Networked] ? true : false

type IsClass<C> = C extends (...args: never) => unknown
  ? false
  : C extends { readonly prototype: unknown }
    ? true
    : false

/** The id itself where it is a whole number from 1 to 65,535, or not known. */
export type ClassId<Id extends number> = number extends Id
  ? Id
  : `${Id}` extends '0' | `-${string}` | `${string}.${string}` | `${string}e${string}` | TooLarge<`${Id}`>
    ? 'a class id is a whole number from 1 to 65535'
    : Id

/** The id itself where it is a whole number from 64 to 65,535, or not known. */
export type MessageId<Id extends number> = number extends Id
  ? Id
  : `${Id}` extends
        | Digit
        | `${1 | 2 | 3 | 4 | 5}${Digit}`
        | `6${0 | 1 | 2 | 3}`
        | `-${string}`
        | `${string}.${string}`
        | `${string}e${string}`
        | TooLarge<`${Id}`>
    ? 'a message id is a whole number from 64 to 65535: those below are the library’s'
    : Id

type Digit = `${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`

type TooLarge<Digits extends string> =
  Digits extends `${infer _1}${infer _2}${infer _3}${infer _4}${infer _5}${infer More}`
    ? More extends ''
      ? Digits extends FiveDigits
        ? never
        : Digits
      : Digits
    : never

/** 10,000 to 65,535, given that there are five. */
type FiveDigits =
  | `${1 | 2 | 3 | 4 | 5}${string}`
  | `6${0 | 1 | 2 | 3 | 4}${string}`
  | `65${0 | 1 | 2 | 3 | 4}${string}`
  | `655${0 | 1 | 2}${string}`
  | `6553${0 | 1 | 2 | 3 | 4 | 5}`
