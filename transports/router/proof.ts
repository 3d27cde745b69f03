/**
 * How the two ends of a link prove to each other that they hold the same secret, without sending it: HMAC-SHA256 over what both have just drawn.
 * The prover's role is part of it, so that no end can be answered with its own words.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { UsageError } from '../../lib/base/errors.ts'
import { linkVersion, type Role } from './wire.ts'

/** Bytes that each end draws by chance, and bytes of a proof. */
export const nonceSize = 32
export const proofSize = 32

const LEAST_SECRET = 32

/** What both ends have drawn. */
export interface Nonces {
  readonly router: Uint8Array
  readonly server: Uint8Array
}

/** @throws UsageError for a secret that could be guessed. */
export function checkSecret(secret: unknown, where: string): string {
  if (typeof secret === 'string' && secret.length >= LEAST_SECRET) return secret
  throw new UsageError(
    `${where}: the secret is a text of ${LEAST_SECRET} characters or more, the same at the router and at the game server. ` +
      'Make one with: openssl rand -hex 32',
  )
}

export function prove(secret: string, prover: Role, { router, server }: Nonces): Uint8Array {
  const hmac = createHmac('sha256', secret)
    .update(`fieldcast link ${linkVersion} ${prover}\n`)
    .update(router)
    .update(server)
  return new Uint8Array(hmac.digest())
}

/** In the same time whatever is wrong. */
export function isProof(proof: Uint8Array, secret: string, prover: Role, nonces: Nonces): boolean {
  return proof.length === proofSize && timingSafeEqual(proof, prove(secret, prover, nonces))
}
