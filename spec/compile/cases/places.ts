/** Where the decorators cannot stand. */
import { Flags, field, int16, NetworkObject, networkClass, struct } from 'fieldcast'

const key = Symbol('key')

export class Members extends NetworkObject {
  // @ts-expect-error 1241 "@field stands on a static method. Put it on a method of the objects, without static."
  @field(0)
  static ofClass(x: int16) {}

  // @ts-expect-error 1241 "@field stands on a getter. Put it on a method: its parameters are what travels, its body is the handler."
  // older: 1241 "@field stands on a getter or setter. Put it on a method: its parameters are what travels, its body is the handler."
  @field(0)
  get hp() {
    return 1
  }

  // @ts-expect-error 1241 "@field stands on a setter. Put it on a method: its parameters are what travels, its body is the handler."
  // older: 1241 "@field stands on a getter or setter. Put it on a method: its parameters are what travels, its body is the handler."
  @field(0)
  set mp(value: number) {}

  // @ts-expect-error 1240 "@field stands on a property. Put it on a method: its parameters are what travels, its body is the handler."
  @field(Flags.OwnerSend)
  xp = 0

  // @ts-expect-error 1241 "@field stands on a private or protected method. Make the method public: others call it from afar."
  @field(0)
  private hidden(x: int16) {}

  // @ts-expect-error 1241 "@field stands on a private or protected method. Make the method public: others call it from afar."
  @field(0, int16)
  protected forHeirs(x: int16) {}

  // @ts-expect-error 1241 "@field stands on a symbol. Give the method a plain name: it is part of the contract."
  @field(0)
  [key](x: int16) {}

  // @ts-expect-error 1241 "@networkClass stands on a member. Put it on the class; methods take @field(flags)."
  @networkClass(10)
  classDecorator() {}

  // @ts-expect-error 1241 "@struct stands on a member. Put it on the class."
  @struct()
  structDecorator() {}

  use() {
    this.hidden(1)
  }
}

// @ts-expect-error 1238 "@networkClass: the class must extend NetworkObject."
@networkClass(10)
export class Stranger {}

// @ts-expect-error 2345 "a class id is a whole number from 1 to 65535"
@networkClass(0)
export class Zero extends NetworkObject {}

// @ts-expect-error 2345 "a class id is a whole number from 1 to 65535"
@networkClass(65536)
export class TooLarge extends NetworkObject {}

// @ts-expect-error 2345 "a class id is a whole number from 1 to 65535"
@networkClass(100000)
export class FarTooLarge extends NetworkObject {}

// @ts-expect-error 2345 "a class id is a whole number from 1 to 65535"
@networkClass(-1)
export class Negative extends NetworkObject {}

// @ts-expect-error 2345 "a class id is a whole number from 1 to 65535"
@networkClass(2.5)
export class Half extends NetworkObject {}

@networkClass(1)
export class First extends NetworkObject {}

@networkClass(65535, { clientCreate: true })
export abstract class Last<T> extends NetworkObject {
  item: T | undefined
}

@networkClass(Number('9'))
export class Unknown extends NetworkObject {}

// @ts-expect-error 1238 "@struct: it must be possible to construct one without arguments. Make the class concrete, its constructor public, and give each parameter a default."
@struct()
export class Vec {
  readonly x: number
  constructor(x: number) {
    this.x = x
  }
}

// @ts-expect-error 1238 "@struct: it must be possible to construct one without arguments. Make the class concrete, its constructor public, and give each parameter a default."
@struct()
export abstract class Shape {}

// @ts-expect-error 1238 "@struct: a network class is none. Take @struct() away: network objects are sent as references."
@struct()
export class Both extends NetworkObject {}

@struct('Pair')
export class Pair<T> {
  readonly one: T | undefined
  constructor(one?: T) {
    this.one = one
  }
}
