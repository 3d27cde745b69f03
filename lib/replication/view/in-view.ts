/** The objects and zones of a view, as the game sees them. */
import type { WatchMode } from '../../protocol/messages.ts'
import type { NetworkObject } from '../../schema/network-object.ts'
import { zoneList } from '../zone-number.ts'
import type { ClientZones, ObjectsInView } from './client.ts'
import type { View } from './view.ts'

export function inView(view: View): ObjectsInView {
  const objects = function* (): Generator<NetworkObject> {
    for (const { object, inView } of view.bodies.values()) if (object && inView) yield object
  }
  return {
    get size() {
      return view.bodies.size - view.hidden
    },
    get: id => {
      const body = view.bodies.get(id)
      return (body?.inView && body.object) || undefined
    },
    of: <T extends NetworkObject>(type: abstract new () => T) =>
      [...objects()].filter(object => object instanceof type) as T[],
    [Symbol.iterator]: objects,
  }
}

export function watched(view: View, watch: (mode: WatchMode, zones: readonly number[]) => Promise<void>): ClientZones {
  return {
    get size() {
      return view.zones.size
    },
    has: zone => view.zones.has(zone),
    set: zones => watch('set', zoneList(zones)),
    add: zones => watch('add', zoneList(zones)),
    delete: zones => watch('delete', zoneList(zones)),
    [Symbol.iterator]: () => view.zones[Symbol.iterator](),
  }
}
