/** Which classes can be messages, under which ids. */
import { int32, message, NetworkObject, type str, type uint32 } from 'fieldcast'

class Player extends NetworkObject {}

@message(64)
export class Say {
  text: str<200> = ''
  shout(): string {
    return this.text
  }
}

@message()
export class Add {
  static reply = int32
  a: int32 = 0
  readonly b?: int32
}

@message(65535, { side: 'server', name: 'game:move' })
export class Move<T> {
  private hidden = 0
  item: T | undefined
  any: any
  data: unknown
  with(other: Player): number {
    return this.hidden
  }
}

@message(Number('70'))
export class Unknown {
  constructor(public of: uint32 = 0) {}
}

export class Members {
  // @ts-expect-error 1241 "@message stands on a member. Put it on the class."
  @message(64)
  say() {}

  // @ts-expect-error 1240 "@message stands on a member. Put it on the class."
  @message(64)
  text = ''
}

// @ts-expect-error 2345 "a message id is a whole number from 64 to 65535: those below are the library’s"
@message(63)
export class Taken {}

// @ts-expect-error 2345 "a message id is a whole number from 64 to 65535: those below are the library’s"
@message(0)
export class Zero {}

// @ts-expect-error 2345 "a message id is a whole number from 64 to 65535: those below are the library’s"
@message(65536)
export class TooLarge {}

// @ts-expect-error 2345 "a message id is a whole number from 64 to 65535: those below are the library’s"
@message(64.5)
export class Half {}

// @ts-expect-error 1238 "@message: it must be possible to construct one without arguments. Make the class concrete, its constructor public, and give each parameter a default."
@message()
export class Needy {
  constructor(public x: number) {}
}

// @ts-expect-error 1238 "@message: it must be possible to construct one without arguments. Make the class concrete, its constructor public, and give each parameter a default."
@message()
export abstract class Abstract {}

// @ts-expect-error 1238 "@message: a network class is none. Take @message() away, and send the id of the object, a uint32."
@message()
export class Both extends NetworkObject {}

// @ts-expect-error 1238 "@message: target is a network object. Send its id, a uint32, and look it up in client.objects there."
@message()
export class Aim {
  target: Player | null = null
  at = 0
}

// @ts-expect-error 1238 "@message: static reply holds a wire type, like int32 or wire.object({ ... })."
@message()
export class Answered {
  static reply = 5
}
