/** Why a connection ended: one table of numbers, names and texts, the same in docs/protocol.md. Numbers are stable; never reuse one. */

/**
 * The library's close codes by name. 1 to 13 are ordinary ends, 14 and 32 to 44 say what one side did wrong
 * (rule 10 of docs/guarantees.md). A game's own codes are 1000 to 65535.
 */
export const CloseReason = {
  normal: 1,
  'server-shutdown': 2,
  kicked: 3,
  'double-login': 4,
  'invalid-login': 5,
  'protocol-mismatch': 6,
  'schema-mismatch': 7,
  'unknown-connection-type': 8,
  'handshake-timeout': 9,
  'heartbeat-timeout': 10,
  'too-slow': 11,
  'too-many-connections': 12,
  lost: 13,
  'refused-origin': 14,
  'no-login': 32,
  'no-object': 33,
  'not-visible': 34,
  'no-field': 35,
  'no-permission': 36,
  'bad-arguments': 37,
  rate: 38,
  malformed: 39,
  'wrong-direction': 40,
  'too-large': 41,
  'invalid-class': 42,
  'hidden-zone': 43,
  'second-hello': 44,
} as const

/** The name of one of the library's close codes. */
export type CloseName = keyof typeof CloseReason

/** The first code that is a game's own. */
export const FIRST_GAME_CODE = 1000
/** The highest code there is. */
export const LAST_CODE = 65535

const texts: Record<CloseName, string> = {
  normal: 'The connection was closed.',
  'server-shutdown': 'The server is shutting down.',
  kicked: 'The server has removed this client.',
  'double-login': 'The same account has logged in elsewhere.',
  'invalid-login': 'The login was refused.',
  'protocol-mismatch': 'The two sides speak different versions of the protocol.',
  'schema-mismatch': 'Server and client were built from different classes.',
  'unknown-connection-type': 'The server does not know this type of connection.',
  'handshake-timeout': 'The handshake took too long.',
  'heartbeat-timeout': 'The other side stopped answering.',
  'too-slow': 'The client did not read fast enough.',
  'too-many-connections': 'The server takes no further connection.',
  lost: 'The connection was lost.',
  'refused-origin': 'The server does not serve pages of this origin.',
  'no-login': 'A message came before the login.',
  'no-object': 'A message named an object that does not exist.',
  'not-visible': 'A message named an object that its sender does not see.',
  'no-field': 'A message named a field that its class does not have.',
  'no-permission': 'A message needed a permission that its sender does not have.',
  'bad-arguments': 'The arguments of a call did not fit its field.',
  rate: 'Too many messages came in too short a time.',
  malformed: 'Bytes came that no honest peer writes.',
  'wrong-direction': 'A message came that only the other side may send.',
  'too-large': 'A message was longer than the limit.',
  'invalid-class': 'A message named a class that cannot be used so.',
  'hidden-zone': 'A client asked for a zone that it may not watch.',
  'second-hello': 'A step of the handshake came twice.',
}

const names = new Map<number, CloseName>(Object.entries(CloseReason).map(([name, code]) => [code, name as CloseName]))

/** The name of a close code: `game` for a game's own, `unknown` for a number that no version here knows. */
export function closeName(code: number): CloseName | 'game' | 'unknown' {
  return names.get(code) ?? (code >= FIRST_GAME_CODE && code <= LAST_CODE ? 'game' : 'unknown')
}

/** A sentence for people that says what a close code means. */
export function closeText(code: number): string {
  const name = names.get(code)
  if (name) return texts[name]
  return `The connection was closed with ${closeName(code) === 'game' ? 'the game’s own' : 'the unknown'} code ${code}.`
}
