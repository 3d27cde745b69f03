/** The game that is killed: things whose fields only fit together as they stood at one moment. */
import {
  Flags,
  field,
  type int32,
  NetworkObject,
  networkClass,
  Registry,
  type str,
  type uint8,
  type uint32,
} from 'fieldcast'
import type { State } from './state.ts'

export const registry: Registry = new Registry()

@networkClass(1, { registry, index: ['name', 'phase'] })
export class Thing extends NetworkObject {
  step = 0
  name = ''
  phase = 0
  place = 0
  holder = ''
  note = ''
  seal = ''

  @field(Flags.Broadcast | Flags.Database)
  setStep(step: uint32): void {
    this.step = step
  }

  @field(Flags.Broadcast | Flags.Database)
  setName(name: str<32>): void {
    this.name = name
  }

  @field(Flags.Broadcast | Flags.Database)
  setPhase(phase: uint8): void {
    this.phase = phase
  }

  @field(Flags.Broadcast | Flags.Database)
  setPlace(place: int32): void {
    this.place = place
  }

  @field(Flags.Broadcast | Flags.Database)
  setHolder(holder: str<16>): void {
    this.holder = holder
  }

  @field(Flags.Broadcast | Flags.Database)
  setNote(note: str<65535>): void {
    this.note = note
  }

  @field(Flags.Broadcast | Flags.Database)
  setSeal(seal: str<16>): void {
    this.seal = seal
  }

  /** Changes the thing, and is answered with its step when that is durable. */
  @field(Flags.OwnerSend, { durable: true })
  async work(): Promise<uint32> {
    return this.step
  }
}

/** What the handlers were given. */
export const heardBy = ({ step, name, phase, place, holder, note }: Thing): State => ({
  step,
  name,
  phase,
  place,
  holder,
  note,
})
