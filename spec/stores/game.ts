/** The game that the specs of stores play. */
import {
  Flags,
  field,
  type int16,
  NetworkObject,
  networkClass,
  Registry,
  Reject,
  type str,
  type uint32,
} from 'fieldcast'

export const registry: Registry = new Registry()

@networkClass(1, { registry, index: ['name'] })
export class Hero extends NetworkObject {
  name = ''
  x = 0
  y = 0
  gold = 0
  mood = ''
  /** What the handlers were given, in order. */
  readonly heard: string[] = []

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Database)
  setName(name: str<32>): void {
    if (name === 'admin') throw new Reject('reserved')
    this.name = name
    this.heard.push(`setName ${name}`)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Database)
  moveTo(x: int16, y: int16): void {
    this.x = x
    this.y = y
    this.heard.push(`moveTo ${x} ${y}`)
  }

  @field(Flags.OwnerOnly | Flags.Database)
  setGold(gold: uint32): void {
    this.gold = gold
    this.heard.push(`setGold ${gold}`)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  feel(mood: str<32>): void {
    this.mood = mood
    this.heard.push(`feel ${mood}`)
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  wave(): void {
    this.heard.push('wave')
  }
}
