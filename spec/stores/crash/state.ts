/** What a thing of the crash specs holds at one moment, and how to see that it holds it whole. */
import { createHash } from 'node:crypto'
import type { StoredObject } from 'fieldcast/server'

export interface State {
  /** Counts the changes of this thing. */
  readonly step: number
  readonly name: string
  readonly phase: number
  /** The zone that it is in; -1 for none. */
  readonly place: number
  /** The account that owns it; empty for none. */
  readonly holder: string
  readonly note: string
}

/** Zones that things are in. */
export const ZONES: readonly number[] = [0, 1, 2, 3]
export const PHASES = 5
export const HOLDERS: readonly string[] = ['ann', 'bob']

/** Stands for all that a state says: of two moments mixed, it is that of neither. */
export function sealOf(id: string, { step, name, phase, place, holder, note }: State): string {
  const text = JSON.stringify([id, step, name, phase, place, holder, note])
  return createHash('sha256').update(text).digest('base64').slice(0, 16)
}

/** The calls that bring a thing from one state to another; from null, all of them. */
export function callsTo(id: string, from: State | null, to: State): [field: string, args: [string | number]][] {
  const calls: [string, [string | number]][] = []
  const add = (field: string, key: keyof State): void => {
    if (from?.[key] !== to[key]) calls.push([field, [to[key]]])
  }
  add('setStep', 'step')
  add('setName', 'name')
  add('setPhase', 'phase')
  add('setPlace', 'place')
  add('setHolder', 'holder')
  add('setNote', 'note')
  calls.push(['setSeal', [sealOf(id, to)]])
  return calls
}

/** The way back from what a store holds, with the seal that stands there. What is missing stays undefined, and fits no seal. */
export function stateOf({ fields }: Pick<StoredObject, 'fields'>): State & { readonly seal: string } {
  const value = (field: string): never => fields[field]?.[0] as never
  return {
    step: value('setStep'),
    name: value('setName'),
    phase: value('setPhase'),
    place: value('setPlace'),
    holder: value('setHolder'),
    note: value('setNote'),
    seal: value('setSeal'),
  }
}
