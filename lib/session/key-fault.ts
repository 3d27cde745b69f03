/** What is wrong with a public key, as far as its form tells, before anything that knows keys has been loaded. */

/** What a key may sign with, by how it names itself: in JWKs in words, in PEM as the numbers (OIDs, DER in hex) that stand in it. */
const kinds: readonly {
  readonly name: string
  readonly kty: string
  readonly crv?: string
  readonly der: string
  readonly algorithms: readonly string[]
}[] = [
  {
    name: 'an RSA key',
    kty: 'RSA',
    der: '06092a864886f70d010101',
    algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  },
  { name: 'a P-256 key', kty: 'EC', crv: 'P-256', der: '06082a8648ce3d030107', algorithms: ['ES256'] },
  { name: 'a P-384 key', kty: 'EC', crv: 'P-384', der: '06052b81040022', algorithms: ['ES384'] },
  { name: 'a P-521 key', kty: 'EC', crv: 'P-521', der: '06052b81040023', algorithms: ['ES512'] },
  { name: 'an Ed25519 key', kty: 'OKP', crv: 'Ed25519', der: '06032b6570', algorithms: ['EdDSA', 'Ed25519'] },
]

/** The end of a sentence about a key that is none, or none for any of these algorithms; null where nothing is wrong to see. */
export function keyFault(key: unknown, algorithms: readonly string[]): string | null {
  const found = typeof key === 'string' ? kindsInText(key) : kindsOfJwk(key)
  if (typeof found === 'string') return found
  if (found.some(kind => kind.algorithms.some(name => algorithms.includes(name)))) return null
  const names = [...new Set(found.map(({ name }) => name))].join(' or ')
  return `is ${names}, which signs ${found.flatMap(kind => kind.algorithms).join(', ')}, and not ${algorithms.join(', ')}: name one of its own in algorithms.`
}

type Kinds = typeof kinds

function kindsInText(text: string): Kinds | string {
  const [, label, body = ''] = /-----BEGIN ([A-Z\d ]+)-----([A-Za-z\d+/=\s]*)-----END \1-----/.exec(text) ?? []
  if (label === undefined)
    return 'is no key: its text begins with -----BEGIN PUBLIC KEY----- or -----BEGIN CERTIFICATE-----, and ends with the like. Was a path given, or were its line ends lost?'
  if (label === 'RSA PUBLIC KEY')
    return "is in an older form (PKCS#1): 'openssl rsa -RSAPublicKey_in -in key.pem -pubout' writes it anew."
  if (label !== 'PUBLIC KEY' && label !== 'CERTIFICATE')
    return `is no public key but ${label}: give -----BEGIN PUBLIC KEY----- or -----BEGIN CERTIFICATE-----.`
  const der = hexOf(body.replace(/\s/g, ''))
  const found = kinds.filter(kind => der?.includes(kind.der))
  return found.length > 0
    ? found
    : `is no key that signatures are checked with here: RSA, P-256, P-384, P-521 or Ed25519.`
}

function kindsOfJwk(key: unknown): Kinds | string {
  if (typeof key !== 'object' || key === null) return 'is no key: give PEM text or a JWK.'
  const { kty, crv, n, e, x, y } = key as Readonly<Record<string, unknown>>
  const found = kinds.filter(kind => kind.kty === kty && kind.crv === (kty === 'RSA' ? undefined : crv))
  if (found.length === 0)
    return `is no JWK that signatures are checked with here: its kty is RSA, or EC with P-256, P-384 or P-521, or OKP with Ed25519.`
  const parts = kty === 'RSA' ? { n, e } : kty === 'EC' ? { x, y } : { x }
  const missing = Object.entries(parts).filter(([, part]) => typeof part !== 'string' || part === '')
  return missing.length === 0 ? found : `is a JWK that lacks ${missing.map(([name]) => name).join(' and ')}.`
}

/** Null for what is no base64. */
function hexOf(base64: string): string | null {
  try {
    return Array.from(atob(base64), letter => letter.charCodeAt(0).toString(16).padStart(2, '0')).join('')
  } catch {
    return null
  }
}
