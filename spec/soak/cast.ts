/** The classes of the soak: those of the random play, with what only clients start. */
import { Flags, field, networkClass, Registry, type uint16 } from 'fieldcast'
import { Toy } from '../support/play.ts'

const registry = new Registry()

@networkClass(20, { registry, clientCreate: true, clientDelete: true })
export class Actor extends Toy {
  /** Answered after a while with the next number. */
  @field(Flags.OwnerSend | Flags.ClientSend)
  async ask(n: uint16): Promise<uint16> {
    return n + 1
  }

  /** Noise that may be lost. */
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Unreliable)
  spark(_n: uint16): void {}
}

@networkClass(21, { registry, clientCreate: true, clientDelete: true, onOwnerGone: 'delete' })
export class Cat extends Toy {}

@networkClass(22, { registry, onOwnerGone: 'keep' })
export class Tree extends Toy {}

export const cast = [Actor, Cat, Tree]
/** What becomes of an object when its owner has gone. */
export const policies = ['release', 'delete', 'keep'] as const
