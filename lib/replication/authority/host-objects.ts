/** The objects of a server as the game sees them. */
import type { NetworkObject } from '../../schema/network-object.ts'
import type { Authority } from './authority.ts'

/** All objects that have been announced. */
export interface HostObjects extends Iterable<NetworkObject> {
  readonly size: number
  get(id: number): NetworkObject | undefined
  /** Those of one class. */
  of<T extends NetworkObject>(type: abstract new () => T): T[]
}

export function objectsOf(authority: () => Authority): HostObjects {
  const all = function* (): Generator<NetworkObject> {
    for (const body of authority().bodies) if (body.announced) yield body.object
  }
  return {
    get size() {
      return authority().bodies.size
    },
    get: id => {
      const body = authority().bodies.get(id)
      return body?.announced ? body.object : undefined
    },
    of: <T extends NetworkObject>(type: abstract new () => T) =>
      [...all()].filter(object => object instanceof type) as T[],
    [Symbol.iterator]: all,
  }
}
