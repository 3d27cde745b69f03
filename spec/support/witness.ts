/** A network object that remembers what happens to it, on whichever side it lives. */
import { NetworkObject } from 'fieldcast'
import type { Client } from 'fieldcast/client'

export abstract class Witness extends NetworkObject {
  /** Every call that was handled: the field's name, then its arguments. */
  readonly heard: unknown[][] = []
  /** Names of calls and hooks, in order. */
  readonly story: string[] = []
  /** On the server: who sent each call; null for the server. */
  readonly callers: (number | null)[] = []

  protected note(name: string, ...args: unknown[]): void {
    this.heard.push([name, ...args])
    this.story.push(name)
    this.callers.push(this.caller?.id ?? null)
  }

  override onEnter(): void {
    this.story.push('onEnter')
  }

  override onLeave(): void {
    this.story.push('onLeave')
  }

  override onOwnerGained(): void {
    this.story.push('onOwnerGained')
  }

  override onOwnerLost(): void {
    this.story.push('onOwnerLost')
  }
}

/** A client's own instance of an object. Fails where the client does not see it. */
export function sightOf<T extends NetworkObject>(client: Client<any>, object: T): T {
  const found = client.objects.get(object.id)
  if (!found) throw new Error(`Client ${client.id} does not see object ${object.id}.`)
  return found as T
}

/** The server's instance of a client's object. */
export function originalOf<T extends NetworkObject>(
  world: { readonly server: { readonly objects: { get(id: number): NetworkObject | undefined } } },
  object: T,
): T {
  const found = world.server.objects.get(object.id)
  if (!found) throw new Error(`The server has no object ${object.id}.`)
  return found as T
}
