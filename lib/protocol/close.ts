/** Why a connection ended: one table of numbers, names and texts, the same in docs/protocol.md. Numbers are stable; never reuse one. */

/**
 * The library's close codes by name. 1 to 13 and 16 to 20 are ordinary ends, 14 and 32 to 45 say what one side did wrong
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
  'server-error': 15,
  'session-over': 16,
  transferred: 17,
  'server-full': 18,
  left: 19,
  'message-mismatch': 20,
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
  'wrong-state': 45,
} as const

/** The name of one of the library's close codes. */
export type CloseName = keyof typeof CloseReason

/** Whether a connection ended without anybody having meant it: its session may go on over another one. Rule 26 of docs/guarantees.md. */
export const isLoss = (code: number): boolean => code === CloseReason.lost || code === CloseReason['heartbeat-timeout']

/** The first code that is a game's own. */
export const FIRST_GAME_CODE = 1000
/** The highest code there is. */
export const LAST_CODE = 65535

const names = new Map<number, CloseName>(Object.entries(CloseReason).map(([name, code]) => [code, name as CloseName]))

/** The name of a close code: `game` for a game's own, `unknown` for a number that no version here knows. */
export function closeName(code: number): CloseName | 'game' | 'unknown' {
  return names.get(code) ?? (code >= FIRST_GAME_CODE && code <= LAST_CODE ? 'game' : 'unknown')
}
