/** The objects and zones of a view, as the game sees them. Loaded late, with beside.ts. */
import type { Reader, Writer } from '../../base/bytes.ts'
import type { WatchMode } from '../../protocol/messages.ts'
import type { NetworkObject } from '../../schema/network-object.ts'
import type { zoneList } from '../zone-number.ts'
import type { ClientZones, ObjectsInView } from './client.ts'
import type { ViewBody } from './view-body.ts'

// As in protocol/opcodes.ts and messages.ts, which the first piece has.
const Watch = 0x16
const modes: readonly WatchMode[] = ['set', 'add', 'delete']

interface Seen {
  readonly bodies: ReadonlyMap<number, ViewBody>
  readonly hidden: number
  readonly zones: ReadonlySet<number>
}

interface Asking {
  ask<T>(op: number, what: string, read: (r: Reader) => T, put: (w: Writer) => void): Promise<T>
}

export function inView(view: Seen): ObjectsInView {
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

/** @param list makes zones of what the game gives. */
export function watched(view: Seen, outgoing: Asking, list: typeof zoneList): ClientZones {
  const wish = (mode: WatchMode, wished: number | Iterable<number>): Promise<void> => {
    const zones = list(wished)
    return outgoing.ask(
      Watch,
      'the wish for zones',
      () => undefined,
      w => {
        w.u8(modes.indexOf(mode))
        w.varint(zones.length)
        for (const zone of zones) w.varint(zone)
      },
    )
  }
  return {
    get size() {
      return view.zones.size
    },
    has: zone => view.zones.has(zone),
    set: zones => wish('set', zones),
    add: zones => wish('add', zones),
    delete: zones => wish('delete', zones),
    [Symbol.iterator]: () => view.zones[Symbol.iterator](),
  }
}
