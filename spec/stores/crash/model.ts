/** What a world must hold after a crash, from what the game has said before. Whatever a store does wrong ends as a complaint here. */

import type { StoredObject } from 'fieldcast/server'
import { isDamaged, type Store } from '../../../lib/stores/store.ts'
import type { Report } from './reports.ts'
import { sealOf, stateOf } from './state.ts'

interface Known {
  /** The newest step that somebody was told is durable; 0 for none. */
  sure: number
  /** The seals of that step and all later ones that were begun. */
  readonly seals: Map<number, string>
  /** Steps that may have been written or not, though the server has not died; 0 stands for the deletion. */
  readonly doubtful: Set<number>
  /** Its deletion has begun. */
  going: boolean
  /** Somebody was told that it is deleted, or it was seen to be. */
  gone: boolean
  /** The last that was said of it, for people. */
  readonly trail: string[]
}

/** What a store must keep. */
export interface Promises {
  /** The least step of each thing; 0 where it need not be there. */
  readonly steps: ReadonlyMap<string, number>
  readonly gone: ReadonlySet<string>
}

type Indexes = readonly (readonly [by: string, value: string | number, ids: readonly string[]])[]

export class Model {
  readonly #things = new Map<string, Known>()
  /** How often somebody was told that something is durable, by the way in which. */
  readonly told = { saved: 0, update: 0, request: 0, unload: 0, delete: 0, stop: 0 }

  hear(report: Report): void {
    const [kind, id, ...more] = report
    if (kind === 'do' && !this.#things.has(id)) this.#things.set(id, newThing())
    if (kind === 'do' || kind === 'ok' || kind === 'failed' || kind === 'going' || kind === 'gone')
      this.#note(id, [kind, ...more.slice(0, 1), ...(kind === 'ok' ? more.slice(1) : [])].join(' '))
    switch (report[0]) {
      case 'do': {
        const [, id, step, seal] = report
        this.#things.get(id)!.seals.set(step, seal)
        return
      }
      case 'ok':
        this.told[report[3]]++
        return this.#secure(this.#things.get(report[1])!, report[2])
      case 'failed':
        this.#things.get(report[1])!.doubtful.add(report[2])
        return
      case 'going':
        this.#things.get(report[1])!.going = true
        return
      case 'gone':
        this.told.delete++
        this.#things.get(report[1])!.gone = true
        return
      case 'stopped':
        this.told.stop++
        for (const thing of this.#things.values()) {
          this.#secure(thing, Math.max(0, ...[...thing.seals.keys()].filter(step => !thing.doubtful.has(step))))
          thing.gone ||= thing.going && !thing.doubtful.has(0)
        }
    }
  }

  #note(id: string, what: string): void {
    const { trail } = this.#things.get(id)!
    trail.push(what)
    if (trail.length > 20) trail.shift()
  }

  #secure(thing: Known, step: number): void {
    thing.sure = Math.max(thing.sure, step)
    for (const old of thing.seals.keys()) if (old < thing.sure) thing.seals.delete(old)
  }

  /** What has been acknowledged by now. */
  promises(): Promises {
    const things = [...this.#things]
    return {
      steps: new Map(things.filter(([, { gone }]) => !gone).map(([id, { sure }]) => [id, sure])),
      gone: new Set(things.filter(([, { gone }]) => gone).map(([id]) => id)),
    }
  }

  /** What is wrong with what a store holds. @param promised where the game has gone on since: what had been acknowledged before. */
  complaints(found: readonly StoredObject[], promised: Promises = this.promises()): string[] {
    const wrong: string[] = []
    const ids = new Set(found.map(({ id }) => id))
    if (ids.size < found.length) wrong.push('a thing was found twice')
    for (const thing of found) {
      const { id, zone, owner } = thing
      const { seal, ...state } = stateOf(thing)
      const known = this.#things.get(id)
      const least = promised.steps.get(id) ?? 0
      if (
        sealOf(id, state) !== seal ||
        zone !== (state.place < 0 ? null : state.place) ||
        (owner ?? '') !== state.holder
      )
        wrong.push(`${id} is torn: ${JSON.stringify(thing).slice(0, 300)}`)
      else if (!known) wrong.push(`${id} was never made`)
      else if (promised.gone.has(id)) wrong.push(`${id} was deleted and has come back${trailOf(known)}`)
      else if (state.step < least)
        wrong.push(`${id} is at step ${state.step}, and step ${least} was acknowledged${trailOf(known)}`)
      else if (state.step >= known.sure && known.seals.get(state.step) !== seal)
        wrong.push(`${id} is at a step ${state.step} that it never was at${trailOf(known)}`)
    }
    for (const [id, least] of promised.steps)
      if (least > 0 && !ids.has(id) && !this.#things.get(id)!.going)
        wrong.push(`${id} is lost, and step ${least} was acknowledged${trailOf(this.#things.get(id)!)}`)
    return wrong
  }

  /** A server that has loaded stands on what it found: nothing older, and nothing else, may come after it. */
  adopt(found: readonly StoredObject[]): void {
    for (const thing of this.#things.values()) {
      thing.gone = true
      thing.seals.clear()
    }
    for (const thing of found) {
      const { step, seal } = stateOf(thing)
      const { trail } = this.#things.get(thing.id) ?? newThing()
      trail.push(`found ${step}`)
      this.#things.set(thing.id, { ...newThing(), sure: step, seals: new Map([[step, seal]]), trail })
    }
  }
}

const newThing = (): Known => ({
  sure: 0,
  seals: new Map(),
  doubtful: new Set(),
  going: false,
  gone: false,
  trail: [],
})

const trailOf = ({ trail }: Known): string => ` (${trail.join(', ')})`

/** Whether the indexes find what they should, and nothing else. */
export function indexComplaints(found: readonly StoredObject[], indexes: Indexes): string[] {
  return indexes.flatMap(([by, value, ids]) => {
    const right = found.filter(thing => stateOf(thing)[by as 'name'] === value).map(({ id }) => id)
    if (String(right.sort()) === String([...ids].sort())) return []
    return [`by ${by} ${value} ${ids.length} things are found, and ${right.length} are right`]
  })
}

/** All things that a store holds. */
export async function thingsIn(store: Store): Promise<StoredObject[]> {
  const things: StoredObject[] = []
  for (let after: string | undefined; ; ) {
    const { rows, next } = await store.query({ class: 'Thing', limit: 100, ...(after && { after }) })
    for (const row of rows) {
      if (isDamaged(row)) throw new Error(`${row.id} is damaged: ${row.damaged}`)
      const { id, owner, zone } = row
      things.push({ id, class: row.class, owner, zone, fields: JSON.parse(row.fields) })
    }
    if (next === null) return things
    after = next
  }
}
