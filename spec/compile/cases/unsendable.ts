/** Parameters and results that cannot be sent. */
import { Flags, field, type int16, NetworkObject, networkClass, type str } from 'fieldcast'

interface Options {
  title: string
  done: Promise<void>
}
interface Emitter {
  addEventListener(type: string, listener: (event: { type: string }) => void): void
  removeEventListener(type: string, listener: (event: { type: string }) => void): void
  dispatchEvent(event: { type: string }): boolean
}

class Base<T> extends NetworkObject {
  // @ts-expect-error 1241 [then: "a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(0)
  put(item: T, then: () => void) {}

  // @ts-expect-error 1241 [named: "a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(0)
  keep(named: Map<T, () => void>) {}

  // @ts-expect-error 1241 [of: "a promise cannot be sent. Send what it resolves to."]
  @field(0)
  wait(of: Promise<T>) {}
}

@networkClass(10)
export class Player extends Base<int16> {
  // @ts-expect-error 1241 [then: "a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(Flags.OwnerSend | Flags.Broadcast)
  say(text: str<200>, then: () => void) {}

  // @ts-expect-error 1241 [run: "a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(0)
  any(run: Function) {}

  // @ts-expect-error 1241 [then: "a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(0)
  optional(text: string, then?: () => void, more?: int16) {}

  // @ts-expect-error 1241 [then: "a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(0)
  byDefault(text = '', then = () => {}) {}

  // @ts-expect-error 1241 [rest: "a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(0)
  rest(text: string, ...all: (() => void)[]) {}

  // @ts-expect-error 1241 [then: "a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(0)
  among(then: string | (() => void) | null) {}

  // @ts-expect-error 1241 [steps: "a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(0)
  tuple(steps: [int16, (() => void)?]) {}

  // @ts-expect-error 1241 [steps: "a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(0)
  list(steps: readonly (() => void)[]) {}

  // @ts-expect-error 1241 [all: "a symbol cannot be sent. Write a union of string literals."]
  @field(0)
  set(all: Set<symbol>) {}

  // @ts-expect-error 1241 [type: "a class cannot be sent. Send its name, or an instance of a class with @struct()."]
  @field(0)
  spawn(type: typeof Player) {}

  // @ts-expect-error 1241 [type: "a class cannot be sent. Send its name, or an instance of a class with @struct()."]
  @field(0)
  make(type: abstract new (x: number) => object) {}

  // @ts-expect-error 1241 [tag: "a symbol cannot be sent. Write a union of string literals."]
  @field(0)
  symbol(tag: symbol) {}

  // @ts-expect-error 1241 [value: "a promise cannot be sent. Send what it resolves to."]
  @field(0)
  later(value: PromiseLike<int16>) {}

  // @ts-expect-error 1241 [seen: "a WeakMap cannot be sent. Write Map."]
  @field(0)
  weakMap(seen: WeakMap<object, string>) {}

  // @ts-expect-error 1241 [seen: "a WeakSet cannot be sent. Write Set."]
  @field(0)
  weakSet(seen: WeakSet<object>) {}

  // @ts-expect-error 1241 [seen: "a WeakRef cannot be sent. Send what it refers to."]
  @field(0)
  weakRef(seen: WeakRef<object>) {}

  // @ts-expect-error 1241 [on: "an EventTarget, such as a DOM node, cannot be sent. Send data."]
  @field(0)
  click(on: Emitter) {}

  // @ts-expect-error 1241 [options: ".done: a promise cannot be sent. Send what it resolves to."]
  @field(0)
  inInterface(options: Options) {}

  // @ts-expect-error 1241 [options: ".at.steps: a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(0)
  inLiteral(options: { title: string; at: { steps: (() => void)[] } }) {}

  // @ts-expect-error 1241 [options: ".on: a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(0)
  ofLiteral(options: Record<'on', () => void>) {}

  // @ts-expect-error 1241 [result: "a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(Flags.OwnerSend)
  async ask(question: string): Promise<() => void> {
    return () => {}
  }

  // @ts-expect-error 1241 [result: ".done: a promise cannot be sent. Send what it resolves to."]
  @field(Flags.OwnerSend)
  async options(...ids: int16[]): Promise<Options | null> {
    return null
  }

  // @ts-expect-error 1241 [then: "a function cannot be sent. Send data, and let the handler decide what to run."]
  @field(Flags.Database, { id: 3 })
  stored(then: () => void) {}
}
