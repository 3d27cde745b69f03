/** Declares the specs of one group of hostile inputs: each on every wire that the table names for it, against a live server, with an honest client beside it. */
import { expect } from 'chai'
import type { ServerOptions } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { peersLeft } from '../../transports/webrtc/native.ts'
import { type Group, type InputOf, inputs, type Reach } from '../hostile/inputs.ts'
import { expectReturnTo, settledHandles } from '../transports/handles.ts'
import { eventually } from '../transports/recorder.ts'
import { beside, mostTurns } from './beside.ts'
import { Siege } from './siege.ts'
import { certificate, type WallOptions, type WireName, wallOf, wireNames } from './walls.ts'

/** A server under attack on one wire. */
export interface Target {
  readonly siege: Siege
  readonly wire: WireName
  readonly port: number
}

export interface Attack {
  readonly server?: Partial<ServerOptions>
  readonly wall?: WallOptions
  run(target: Target): Promise<void>
}

type Run = Attack['run']
/** One attack for all wires, or one for each. */
type Given = Attack | Run | { readonly on: Partial<Record<WireName, Attack | Run>> }
export type Attacks<G extends Group> = Record<InputOf<G>, Given>

/** Those that were declared, by name and wire. */
export const declared = new Set<string>()

export function besiege<G extends Group>(group: G, attacks: Attacks<G>): void {
  describe(`Hostile inputs: ${group}`, function () {
    this.timeout(60_000)
    const table = inputs[group] as Record<string, Reach>

    for (const [input, reach] of Object.entries(table)) {
      const given = attacks[input as InputOf<G>]
      describe(input, () => {
        for (const wire of wireNames) {
          if (reach[wire] !== true) continue
          const attack = attackOn(wire, given)
          if (!attack) continue
          declared.add(`${input} (${wire})`)
          it(`${input} (${wire}): nobody else notices, and nothing is left`, () => withstand(wire, attack))
        }
      })
    }

    it('have a test on each wire that the table names, and on no other', () => {
      for (const [input, reach] of Object.entries(table)) {
        const wanted = wireNames.filter(wire => reach[wire] === true)
        const found = wireNames.filter(wire => declared.has(`${input} (${wire})`))
        expect(found, input).to.deep.equal(wanted)
      }
      expect(Object.keys(attacks)).to.have.members(Object.keys(table))
    })
  })
}

function attackOn(wire: WireName, given: Given): Attack | undefined {
  const one = 'on' in given ? given.on[wire] : given
  return typeof one === 'function' ? { run: one } : one
}

async function withstand(wire: WireName, { run, server, wall }: Attack): Promise<void> {
  if (wire === 'tls') certificate()
  const empty = await settledHandles()
  let world: World | undefined
  let siege: Siege | undefined
  try {
    siege = await Siege.start(async options => {
      const started = await World.start({ ...options, wire: wallOf(wire, wall) })
      world = started as unknown as World
      return started
    }, server)
    const before = await settledHandles()
    const target = { siege, wire, port: Number(new URL(siege.world.url).port) }
    // The threads of WebRTC and of compression take no turns of this loop: how many pass meanwhile says nothing.
    const most = wire === 'webrtc' || wall?.deflate ? Number.POSITIVE_INFINITY : mostTurns
    await beside(siege, () => run(target), most)
    await siege.unharmed()
    await expectReturnTo(before)
  } finally {
    siege?.deafen()
    await world?.stop()
  }
  await expectReturnTo(empty)
  await eventually(() => peersLeft() === 0)
}
