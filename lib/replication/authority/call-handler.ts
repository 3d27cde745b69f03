/** The game's method for a call. */
import type { NetworkObject } from '../../schema/network-object.ts'

type Method = (...args: readonly unknown[]) => unknown

/** The same as a spread call, which takes an iterator's way even for an array of two: 60 ns a call on Node 20. */
export function callHandler(object: NetworkObject, name: string, args: readonly unknown[]): unknown {
  const handlers = object as unknown as Record<string, Method>
  switch (args.length) {
    case 0:
      return handlers[name]!()
    case 1:
      return handlers[name]!(args[0])
    case 2:
      return handlers[name]!(args[0], args[1])
    case 3:
      return handlers[name]!(args[0], args[1], args[2])
    default:
      return handlers[name]!(...args)
  }
}
