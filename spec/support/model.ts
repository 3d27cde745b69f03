/** What clients ought to see, kept naively: after each operation every view is worked out anew from zones, owners and interests. */

export interface Rule {
  readonly name: string
  readonly broadcast?: boolean
  readonly ownerOnly?: boolean
  readonly noEcho?: boolean
  readonly kept?: boolean
  /** Stands in snapshots while nothing is kept. */
  readonly fallback?: unknown
  /** Only the newest call of a tick need arrive: calls are not counted. */
  readonly latest?: boolean
  /** Its argument is the id of an object, which who does not see that gets as null. */
  readonly reference?: boolean
}

interface Thing {
  readonly id: number
  zone: number | null
  owner: number | null
  readonly onOwnerGone: 'release' | 'delete' | 'keep'
  readonly kept: Map<string, unknown>
  /** Kept fields whose last call not everybody got. */
  readonly narrowed: Set<string>
}

/** One object as one client sees it. */
export interface Sight {
  zone: number | null
  owner: number | null
  enters: number
  leaves: number
  /** The argument that each field's handler last ran with on this visit. */
  values: Record<string, unknown>
  /** How often it ran on this visit. */
  calls: Record<string, number>
}

interface Viewer {
  readonly interests: Map<number, number>
  avatar: number
  view: Map<number, Sight>
  /** Objects that came into view with a zone that was opened. */
  readonly opened: Set<number>
  /** Visits that have ended. */
  readonly visits: Map<number, number>
}

export class Model {
  readonly #rules: ReadonlyMap<string, Rule>
  readonly things: Map<number, Thing> = new Map()
  readonly viewers: Map<number, Viewer> = new Map()
  /** Grows with whatever happens. */
  changes = 0

  /** @param rules in field order. */
  constructor(rules: readonly Rule[]) {
    this.#rules = new Map(rules.map(rule => [rule.name, rule]))
  }

  join(client: number, avatar: number, zone: number): void {
    this.viewers.set(client, {
      interests: new Map([[zone, 1]]),
      avatar,
      view: new Map(),
      opened: new Set(),
      visits: new Map(),
    })
    this.things.set(avatar, {
      id: avatar,
      zone,
      owner: client,
      onOwnerGone: 'delete',
      kept: new Map(),
      narrowed: new Set(),
    })
    this.#update(client)
  }

  part(client: number): void {
    const { avatar } = this.viewers.get(client)!
    this.viewers.delete(client)
    for (const thing of [...this.things.values()]) {
      if (thing.owner !== client) continue
      if (thing.id === avatar || thing.onOwnerGone === 'delete') this.delete(thing.id)
      else if (thing.onOwnerGone === 'release') this.transfer(thing.id, null)
    }
  }

  create(
    id: number,
    zone: number | null,
    owner: number | null,
    onOwnerGone: Thing['onOwnerGone'],
    init: [string, unknown][] = [],
  ): void {
    this.things.set(id, { id, zone, owner, onOwnerGone, kept: new Map(init), narrowed: new Set() })
    this.#update()
  }

  delete(id: number): void {
    this.things.delete(id)
    this.#update()
  }

  move(id: number, zone: number | null): void {
    const thing = this.things.get(id)!
    thing.zone = zone
    this.#update()
    const follower = thing.owner === null ? undefined : this.viewers.get(thing.owner)
    if (follower?.avatar === id) this.watch(thing.owner!, 'set', zone === null ? [] : [zone])
  }

  transfer(id: number, owner: number | null): void {
    const thing = this.things.get(id)!
    if (thing.owner === owner) return
    thing.owner = owner
    const sight = owner === null ? undefined : this.viewers.get(owner)?.view.get(id)
    if (sight) this.#snapshot(thing, owner!, sight, rule => rule.ownerOnly === true)
    this.#update()
  }

  watch(client: number, mode: 'set' | 'add' | 'delete', zones: readonly number[]): void {
    const viewer = this.viewers.get(client)
    if (!viewer) return
    const { interests } = viewer
    for (const zone of mode === 'set' ? [...interests.keys()] : []) {
      if (zones.includes(zone)) interests.set(zone, 1)
      else interests.delete(zone)
    }
    for (const zone of zones) {
      const count = interests.get(zone) ?? 0
      if (mode === 'set') interests.set(zone, 1)
      else if (mode === 'add') interests.set(zone, count + 1)
      else if (count > 1) interests.set(zone, count - 1)
      else interests.delete(zone)
    }
    this.#update(client)
  }

  /** An accepted call. */
  call(
    id: number,
    name: string,
    value: unknown,
    sender: number | null,
    only: number | null,
    except: number | null,
  ): void {
    const thing = this.things.get(id)
    const rule = this.#rules.get(name)!
    if (!thing) return
    this.changes++
    if (rule.kept) thing.kept.set(name, value)
    if (only === null && except === null) thing.narrowed.delete(name)
    else thing.narrowed.add(name)
    for (const [client, viewer] of this.viewers) {
      const sight = viewer.view.get(id)
      if (!sight) continue
      const owns = thing.owner === client
      const sent = sender === client
      if (rule.noEcho && sent) continue
      if (except === client) continue
      const receives =
        rule.broadcast ||
        (owns && (sender === null || rule.ownerOnly)) ||
        (sent && rule.kept && (!rule.ownerOnly || owns))
      if (receives && (only === null || only === client)) this.#apply(sight, rule, value, viewer)
    }
  }

  /** What an object in view says whenever the client was told of it. */
  certain(client: number, id: number): Record<string, unknown> {
    const { kept, narrowed, owner } = this.things.get(id)!
    const values: Record<string, unknown> = {}
    for (const { name, broadcast, ownerOnly, noEcho, reference } of this.#rules.values()) {
      const reaches = broadcast || (ownerOnly && owner === client)
      if (reaches && !noEcho && !reference && kept.has(name) && !narrowed.has(name)) values[name] = kept.get(name)
    }
    return values
  }

  #sees(client: number, viewer: Viewer, thing: Thing): boolean {
    return thing.owner === client || (thing.zone !== null && viewer.interests.has(thing.zone))
  }

  /** @param opener whose interests have changed. */
  #update(opener: number | null = null): void {
    this.changes++
    for (const [client, viewer] of this.viewers) {
      const entered: Thing[] = []
      for (const [id, sight] of [...viewer.view]) {
        const thing = this.things.get(id)
        if (thing && this.#sees(client, viewer, thing)) continue
        viewer.view.delete(id)
        viewer.opened.delete(id)
        viewer.visits.set(id, sight.leaves + 1)
      }
      for (const thing of this.things.values()) {
        if (!this.#sees(client, viewer, thing)) continue
        let sight = viewer.view.get(thing.id)
        if (!sight) {
          const visits = viewer.visits.get(thing.id) ?? 0
          sight = { zone: null, owner: null, enters: visits + 1, leaves: visits, values: {}, calls: {} }
          viewer.view.set(thing.id, sight)
          if (client === opener) viewer.opened.add(thing.id)
          entered.push(thing)
        }
        sight.zone = thing.zone
        sight.owner = thing.owner
      }
      // Only now: references between those that enter together arrive.
      for (const thing of entered)
        this.#snapshot(thing, client, viewer.view.get(thing.id)!, rule => !rule.ownerOnly || thing.owner === client)
    }
  }

  #snapshot(thing: Thing, client: number, sight: Sight, wanted: (rule: Rule) => boolean): void {
    for (const rule of this.#rules.values()) {
      if (!wanted(rule)) continue
      if (thing.kept.has(rule.name)) this.#apply(sight, rule, thing.kept.get(rule.name), this.viewers.get(client)!)
      else if (rule.fallback !== undefined) this.#apply(sight, rule, rule.fallback, this.viewers.get(client)!)
    }
  }

  #apply(sight: Sight, rule: Rule, value: unknown, viewer: Viewer): void {
    sight.values[rule.name] = rule.reference && !viewer.view.has(value as number) ? null : value
    if (!rule.latest) sight.calls[rule.name] = (sight.calls[rule.name] ?? 0) + 1
  }
}
