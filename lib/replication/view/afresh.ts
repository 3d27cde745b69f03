/**
 * Everything is told anew, over the objects that live: what is not named again has gone. So it is when too much was missed, and when another world takes the place of this one.
 * Loaded late, with reconnect.ts.
 */
import type { Opening } from './opening.ts'
import type { ViewBody } from './view-body.ts'

/** Who is told. */
export interface Told {
  readonly view: { readonly bodies: ReadonlyMap<number, ViewBody>; readonly zones: ReadonlySet<number> }
  /** While everything is told anew: what has not been named yet, objects by id and zones as -1 - zone. */
  unnamed: Set<number> | null
  /** The zones that are being opened; from now on there are some. */
  open(): Opening
  /** One thing less is being opened. */
  opened(): void
  leave(body: ViewBody, deleted: boolean): void
  zoneLeft(zone: number): void
}

/** It begins. @param settled frames up to this one had been handled. */
export function beginAfresh(told: Told, settled: number): void {
  const { bodies, zones } = told.view
  told.unnamed = new Set([...bodies.keys(), ...[...zones].map(zone => -1 - zone)])
  for (const { predictions } of bodies.values()) predictions?.settleAll(settled)
  // Zones that were being opened are opened anew.
  told.open().left = 1
}

/** All has been told. False where it never began. */
export function endAfresh(told: Told): boolean {
  const { view, unnamed } = told
  if (!unnamed) return false
  told.unnamed = null
  for (const what of unnamed) {
    const body = view.bodies.get(what)
    if (body) told.leave(body, false)
    else if (what < 0) told.zoneLeft(-1 - what)
  }
  told.opened()
  return true
}
