/** What zone specs keep asking of a world. */
import type { NetworkObject } from 'fieldcast'
import type { Client } from 'fieldcast/client'
import type { Client as ServerClient } from 'fieldcast/server'
import type { World } from 'fieldcast/testing'

/** A client as its server knows it. */
export function onServer(world: World<any>, client: Client<any>): ServerClient {
  const found = world.server.clients.get(client.id)
  if (!found) throw new Error(`The server has no client ${client.id}.`)
  return found
}

/** Makes a client watch exactly these zones and lets time pass until it does. */
export async function watch(world: World<any>, client: Client<any>, ...zones: number[]): Promise<void> {
  await world.until(onServer(world, client).zones.set(zones))
  await world.settle()
}

/** Every enter and leave at a client from now on: `+id`, `-id`, `!id` for a deletion. */
export function comings(client: Client<any>): string[] {
  const log: string[] = []
  client.on('enter', ({ object }) => log.push(`+${object.id}`))
  client.on('leave', ({ object, deleted }) => log.push(`${deleted ? '!' : '-'}${object.id}`))
  return log
}

/** The ids of the objects in a client's view, in order. */
export function idsInView(client: Client<any>): number[] {
  return [...client.objects].map((object: NetworkObject) => object.id).sort((a, b) => a - b)
}
