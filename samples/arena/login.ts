/** Who comes in, and whose avatar waits for them. */
import { createHash } from 'node:crypto'
import { Reject } from 'fieldcast'
import type { Account } from 'fieldcast/server'
import { COLOURS } from './world.ts'

export interface Player {
  readonly name: string
  readonly colour: number
}

interface Credentials {
  readonly name?: unknown
  readonly colour?: unknown
  readonly key?: unknown
}

/**
 * A player who brings a key gets the avatar of that key; one without is a guest, whose avatar nobody keeps. Bots come back by name: they alone have no
 * address, being in the server's own process.
 *
 * @throws Reject for a name that will not do.
 */
export function login(credentials: Credentials | null, address: string): Account {
  const name = typeof credentials?.name === 'string' ? credentials.name.replace(/[\s\p{C}]+/gu, ' ').trim() : ''
  if (name === '' || [...name].length > 16) throw new Reject('Please choose a name of 1 to 16 characters.')
  const colour = Number.isInteger(credentials?.colour) ? Math.abs(credentials?.colour as number) % COLOURS : 0
  const data: Player = { name, colour }
  const secret = isKey(credentials?.key) ? credentials.key : address === '' ? `bot ${name}` : null
  if (secret === null) return { data }
  const id = storedIdOf(secret)
  return { id, avatar: id, data }
}

/** 128 bits of chance in hex. */
const isKey = (key: unknown): key is string => typeof key === 'string' && /^[0-9a-f]{32}$/.test(key)

/** Everybody who sees an avatar sees its stored id: that must not lead back to the key. */
const storedIdOf = (secret: string): string => createHash('sha256').update(secret).digest('hex').slice(0, 24)
