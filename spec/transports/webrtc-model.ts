/** A game that a page and the specs share; with types by hand, so that any bundler takes it. */
import { Flags, field, NetworkObject, networkClass, Registry, str, varint } from 'fieldcast'

export const registry: Registry = new Registry()

@networkClass(10, { registry })
export class Player extends NetworkObject {
  readonly heard: string[] = []
  at = 0

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM, str(64))
  say(text: string): void {
    this.heard.push(text)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest | Flags.RAM, varint)
  walk(at: number): void {
    this.at = at
  }
}
