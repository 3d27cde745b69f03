/** `fieldcast/token`: login by a signed token (JWT), such as a web site or an identity provider gives its users. Needs the package `jose` (`npm install jose`). */
import { type Clock, systemClock } from './base/clock.ts'
import { ConnectionFailed, Reject, UsageError } from './base/errors.ts'
import { logWarning } from './base/log.ts'
import { keyFault } from './session/key-fault.ts'
import type { Account } from './session/login.ts'

type Jose = typeof import('jose')
type KeyOf = (header: { readonly alg?: string }, token: object) => unknown

/** What a token says, after its signature and its times have been checked. The game checks the rest. */
export interface Claims {
  /** Whose token it is. */
  readonly sub?: string
  readonly iss?: string
  readonly aud?: string | readonly string[]
  /** Seconds since 1970. */
  readonly exp?: number
  readonly nbf?: number
  readonly iat?: number
  readonly [claim: string]: unknown
}

/** Exactly one of `secret`, `publicKey` and `jwks` says whose signature counts. */
export interface TokenLoginOptions {
  /** The secret that signer and server share: at least as long as the algorithm's hash, 32 bytes for HS256. */
  readonly secret?: string | Uint8Array
  /** The signer's public key: PEM text (`BEGIN PUBLIC KEY` or `BEGIN CERTIFICATE`), or a JWK. */
  readonly publicKey?: string | Readonly<Record<string, unknown>>
  /** The signer's set of keys: the url where it publishes them (`https:`, or `http:` on this machine), or the set itself. Needs `issuer` and `audience`. */
  readonly jwks?: string | Url | { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  /** The algorithms that a signature may have. @default ['HS256'] with a secret, else ['RS256', 'PS256', 'ES256', 'EdDSA'] */
  readonly algorithms?: readonly string[]
  /** Who must have made the token (`iss`). @default anybody who has the key */
  readonly issuer?: string | readonly string[]
  /** For whom it must have been made (`aud`). @default anybody */
  readonly audience?: string | readonly string[]
  /** How old a token may be, s, by its `iat`. Without it a token must have an end of its own, `exp`. @default its own end alone */
  readonly maxAge?: number
  /** By how much the clocks of signer and server may differ, s. @default 5 */
  readonly tolerance?: number
  /** Longest token, characters: a longer one is not looked at. @default 8,192 */
  readonly maxLength?: number
  /** The account of a token; may throw `Reject`. @default `{ id: claims.sub, data: claims }`, and a token without `sub` is refused */
  readonly account?: (claims: Claims) => Account | Promise<Account>
  readonly clock?: Clock
}

/** As much of an URL object as is needed: a game's type check may know no URL. */
interface Url {
  readonly href: string
}

/** For `createServer({ login })`: takes the token itself as credentials, or `{ token }`. Needs no `this`. */
export type TokenLogin = (credentials: unknown, client?: { readonly address: string }) => Promise<Account>

const signed = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const shared = ['HS256', 'HS384', 'HS512']

/**
 * Admits whoever brings a token that is signed, made for this game and still good.
 *
 * ```ts
 * const login = tokenLogin({ jwks: 'https://id.example/jwks.json', issuer: 'https://id.example', audience: 'my-game' })
 * const server = createServer({ classes: [Player], avatar: Player, login })
 * // Clients: connect(url, { classes: [Player], login: { token } })
 * ```
 *
 * The login throws `Reject` for whatever is wrong with a token, in words that quote nothing of it. Where the keys cannot be had it throws ConnectionFailed, where `jose` is missing UsageError: the
 * server's event `error` tells of it, and the connection ends as `server-error`.
 * A token is good for whoever holds it until it ends: give them a short life, and send them over `wss:` alone.
 * @throws UsageError for options that leave a door open, or cannot be followed: a key that is none, or none for these algorithms.
 */
export function tokenLogin(options: TokenLoginOptions): TokenLogin {
  const { issuer, audience, maxAge, tolerance = 5, maxLength = 8192, clock = systemClock } = options
  const { account = accountOf } = options
  const algorithms = algorithmsOf(options)
  check(options, algorithms)
  // Told when the server is made, and not first when somebody wants in.
  loadJose().catch(error => logWarning((error as Error).message))
  let keys: Promise<[Jose, KeyOf]> | null = null

  return async credentials => {
    const token = tokenIn(credentials, maxLength)
    keys ??= loadKeys(options, algorithms)
    // What could not be loaded is tried again at the next login.
    const [jose, keyOf] = await keys.catch(error => {
      keys = null
      throw error
    })
    const claims = await jose
      .jwtVerify(token, keyOf as never, {
        algorithms: [...algorithms] as never,
        ...(issuer !== undefined && { issuer: [issuer].flat() as string[] }),
        ...(audience !== undefined && { audience: [audience].flat() as string[] }),
        ...(maxAge === undefined ? { requiredClaims: ['exp'] } : { maxTokenAge: maxAge }),
        clockTolerance: tolerance,
        currentDate: new Date(clock.wall()),
      })
      .catch(error => {
        throw verdict(error, options)
      })
    return account(claims.payload as Claims)
  }
}

function accountOf(claims: Claims): Account {
  if (typeof claims.sub !== 'string' || claims.sub === '') throw new Reject('The token names nobody.')
  return { id: claims.sub, data: claims }
}

function tokenIn(credentials: unknown, maxLength: number): string {
  const own = typeof credentials === 'object' && credentials !== null && Object.hasOwn(credentials, 'token')
  const token = own ? (credentials as { token: unknown }).token : credentials
  if (typeof token !== 'string' || token === '') throw new Reject('The login needs a token.')
  if (token.length > maxLength) throw new Reject('The token is too long.')
  return token
}

/** What becomes of what jose found: a Reject for whoever brought the token, ConnectionFailed where its keys could not be had, else the error itself. */
function verdict(error: unknown, { jwks }: TokenLoginOptions): unknown {
  const { code, claim, reason } = (error ?? {}) as { code?: unknown; claim?: unknown; reason?: unknown }
  if (error instanceof Reject) return error
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') return new Reject(claimText(String(claim), reason))
  const text = typeof code === 'string' && Object.hasOwn(texts, code) ? texts[code] : undefined
  if (text !== undefined) return new Reject(text)
  if (jwks === undefined || isSet(jwks)) return error
  const { origin, pathname } = new URL(textOf(jwks))
  const { message, cause: below } = error as { message?: unknown; cause?: { message?: unknown } }
  return new ConnectionFailed(
    `tokenLogin() cannot get the keys at ${origin}${pathname}: ${[message, below?.message].filter(Boolean).join(', ')}`,
    { cause: error },
  )
}

const texts: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'The token has expired.',
  ERR_JWT_INVALID: 'The token is none.',
  ERR_JWS_INVALID: 'The token is none.',
  ERR_JOSE_NOT_SUPPORTED: 'The token is of a kind that is not taken here.',
  ERR_JOSE_ALG_NOT_ALLOWED: 'The token is signed with an algorithm that is not taken here.',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'The signature of the token does not fit.',
  ERR_JWKS_NO_MATCHING_KEY: 'The token is signed with an unknown key.',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'The token does not say with which key it is signed.',
}

function claimText(claim: string, reason: unknown): string {
  if (reason === 'missing')
    return claim === 'exp' || claim === 'iat' ? 'The token never ends.' : 'The token lacks a claim.'
  if (claim === 'nbf' || claim === 'iat') return 'The token is not good yet.'
  if (claim === 'aud') return 'The token is for somebody else.'
  if (claim === 'iss') return 'The token is from somebody else.'
  return 'The token has a claim that does not fit.'
}

// ---- keys

const loadJose = (): Promise<Jose> =>
  import('jose').catch(cause => {
    throw new UsageError('tokenLogin() needs the package jose, and lets nobody in without it: npm install jose', {
      cause,
    })
  })

async function loadKeys(options: TokenLoginOptions, algorithms: readonly string[]): Promise<[Jose, KeyOf]> {
  const jose = await loadJose()
  const { secret, publicKey, jwks } = options
  if (secret !== undefined) {
    const key = bytesOf(secret)
    return [jose, () => key]
  }
  if (jwks !== undefined) {
    const keyOf = isSet(jwks) ? jose.createLocalJWKSet(jwks as never) : jose.createRemoteJWKSet(new URL(textOf(jwks)))
    return [jose, keyOf as KeyOf]
  }
  const keys = new Map<string, unknown>()
  for (const alg of algorithms)
    await importKey(jose, publicKey!, alg).then(
      key => keys.set(alg, key),
      // It is a key for another algorithm.
      () => {},
    )
  if (keys.size === 0)
    throw new UsageError(
      `tokenLogin({ publicKey }) is no public key for ${algorithms.join(', ')}: give PEM text or a JWK.`,
    )
  return [
    jose,
    ({ alg = '' }) => {
      const key = keys.get(alg)
      if (!key) throw new Reject(texts.ERR_JOSE_ALG_NOT_ALLOWED!)
      return key
    },
  ]
}

function importKey(jose: Jose, key: string | object, alg: string): Promise<unknown> {
  if (typeof key === 'object') return jose.importJWK(key as never, alg as never)
  return key.includes('BEGIN CERTIFICATE') ? jose.importX509(key, alg as never) : jose.importSPKI(key, alg as never)
}

const isSet = (jwks: string | object): jwks is { readonly keys: readonly object[] } =>
  typeof jwks === 'object' && 'keys' in jwks

const textOf = (url: string | Url): string => (typeof url === 'string' ? url : url.href)

const bytesOf = (secret: string | Uint8Array): Uint8Array =>
  typeof secret === 'string' ? new TextEncoder().encode(secret) : secret

// ---- options

function algorithmsOf({ algorithms, secret }: TokenLoginOptions): readonly string[] {
  return algorithms ?? (secret !== undefined ? ['HS256'] : ['RS256', 'PS256', 'ES256', 'EdDSA'])
}

function check(options: TokenLoginOptions, algorithms: readonly string[]): void {
  const { secret, publicKey, jwks, issuer, audience, maxAge, tolerance = 5, maxLength = 8192 } = options
  const refuse = (text: string): never => {
    throw new UsageError(`tokenLogin(): ${text}`)
  }
  if ([secret, publicKey, jwks].filter(given => given !== undefined).length !== 1)
    refuse('give exactly one of secret, publicKey and jwks.')
  // A public key must never be taken for a shared secret.
  const allowed = secret !== undefined ? shared : signed
  if (!Array.isArray(algorithms) || algorithms.length === 0 || !algorithms.every(name => allowed.includes(name)))
    refuse(`algorithms are some of ${allowed.join(', ')} here.`)
  if (secret !== undefined) {
    const least = Math.max(...algorithms.map(name => Number(name.slice(2)) / 8))
    if (bytesOf(secret).length < least) refuse(`the secret is shorter than ${least} bytes, and could be guessed.`)
  }
  if (
    publicKey !== undefined &&
    (typeof publicKey === 'string' ? /BEGIN[\w ]* PRIVATE KEY/.test(publicKey) : Object.hasOwn(Object(publicKey), 'd'))
  )
    refuse('publicKey is a private key. The server needs the public one alone.')
  const fault = publicKey !== undefined ? keyFault(publicKey, algorithms) : null
  if (fault) refuse(`publicKey ${fault}`)
  if (jwks !== undefined && (issuer === undefined || audience === undefined))
    refuse('with jwks, name issuer and audience: the same keys sign tokens for others.')
  if (jwks !== undefined && isSet(jwks)) {
    const faults = Array.isArray(jwks.keys) ? jwks.keys.map(key => keyFault(key, algorithms)) : []
    // A set may hold keys for others, too.
    if (!faults.includes(null))
      refuse(`jwks has no key that could be used.${faults[0] ? ` Its first ${faults[0]}` : ''}`)
  }
  if (jwks !== undefined && !isSet(jwks)) {
    const url = URL.canParse(textOf(jwks)) ? new URL(textOf(jwks)) : refuse('jwks is no url.')
    const isOwn = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isOwn))
      refuse('the url of jwks begins with https: whoever can change the keys can be anybody.')
  }
  for (const [name, value, most] of [
    ['maxAge', maxAge ?? 1, Number.MAX_SAFE_INTEGER],
    ['tolerance', tolerance, 3600],
    ['maxLength', maxLength, 1 << 20],
  ] as const)
    if (!(value >= 0 && value <= most)) refuse(`${name} is 0 to ${most}, not ${value}.`)
}
