/** Passwords as they are kept: scrypt in the form `$scrypt$ln=15,r=8,p=3$salt$hash`, which says by itself what it cost. */
import { scrypt, timingSafeEqual } from 'node:crypto'
import { UsageError } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'

/** What one hash costs: `128 * N * r` bytes of memory, and time in proportion to `N * r * p`. */
export interface ScryptCost {
  /** A power of two. @default 32,768 */
  readonly N: number
  /** @default 8 */
  readonly r: number
  /** @default 3 */
  readonly p: number
}

/** One of the settings that OWASP calls equally strong; those with a larger N take less time for more memory, which a game server has a use for. */
export const defaultCost: ScryptCost = { N: 2 ** 15, r: 8, p: 3 }

/** Most UTF-16 units of a password: what is longer is refused before it is hashed. */
const MAX_PASSWORD = 512
const KEY_BYTES = 32
const SALT_BYTES = 16
const MAX_MEMORY = 2 ** 30

/** @throws UsageError for what scrypt does not take, or nobody can pay. */
export function checkCost(cost: ScryptCost): void {
  if (isCost(cost)) return
  const { N, r, p } = cost
  throw new UsageError(
    `accounts({ scrypt: { N: ${N}, r: ${r}, p: ${p} } }): N is a power of two above 1, r and p are 1 to 64, and 128 * N * r is at most 1 GiB.`,
  )
}

function isCost({ N, r, p }: ScryptCost): boolean {
  const isSmall = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 64
  return isSmall(r) && isSmall(p) && Number.isInteger(Math.log2(N)) && N > 1 && 128 * N * r <= MAX_MEMORY
}

/** As it is hashed, so that keyboards which compose letters differently agree; null for what no account can have. */
export function passwordOf(given: unknown): string | null {
  if (typeof given !== 'string' || given === '' || given.length > MAX_PASSWORD || /\p{Cs}/u.test(given)) return null
  return given.normalize('NFKC')
}

/** A new hash with a salt of its own. */
export async function hashPassword(password: string, cost: ScryptCost, random: Random): Promise<string> {
  const salt = Buffer.from(random.bytes(SALT_BYTES))
  return textOf(cost, salt, await derive(password, salt, cost, KEY_BYTES))
}

/** Takes as long whether it fits or not. @param text a hash for which `costOf` gives a cost */
export async function isPasswordOf(text: string, password: string): Promise<boolean> {
  const { cost, salt, key } = parse(text)!
  return timingSafeEqual(await derive(password, salt, cost, key.length), key)
}

/** What a kept hash cost; null for a text that is none. */
export const costOf = (text: unknown): ScryptCost | null =>
  typeof text === 'string' ? (parse(text)?.cost ?? null) : null

/** A hash that no password fits: comparing with it takes as long as with one of an account. */
export const hashOfNobody = (cost: ScryptCost): string =>
  textOf(cost, Buffer.alloc(SALT_BYTES), Buffer.alloc(KEY_BYTES))

const form = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

function parse(text: string): { cost: ScryptCost; salt: Buffer; key: Buffer } | null {
  const [, ln, r, p, salt, key] = form.exec(text) ?? []
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) }
  if (!isCost(cost)) return null
  return { cost, salt: Buffer.from(salt!, 'base64'), key: Buffer.from(key!, 'base64') }
}

const textOf = ({ N, r, p }: ScryptCost, salt: Buffer, key: Buffer): string =>
  `$scrypt$ln=${Math.log2(N)},r=${r},p=${p}$${unpadded(salt)}$${unpadded(key)}`

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

function derive(password: string, salt: Buffer, { N, r, p }: ScryptCost, length: number): Promise<Buffer> {
  // Node refuses what would take more than this; by default that is less than the least that is advised.
  const maxmem = 128 * r * (N + p + 2) + 1024
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, { N, r, p, maxmem }, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
