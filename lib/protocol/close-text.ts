/** What a close code means, in a sentence. The server sends it along, so that clients need not carry the table. */
import { type CloseName, CloseReason, closeName } from './close.ts'

const texts: Record<CloseName, string> = {
  normal: 'The connection was closed.',
  'server-shutdown': 'The server is shutting down.',
  kicked: 'The server has removed this client.',
  'double-login': 'The same account has logged in elsewhere.',
  'invalid-login': 'The login was refused.',
  'protocol-mismatch': 'The two sides speak different versions of the protocol.',
  'schema-mismatch':
    'Server and client were built from different classes: build both from the same files, and load the page anew.',
  'unknown-connection-type': 'The server does not know this type of connection.',
  'handshake-timeout': 'The handshake took too long.',
  'heartbeat-timeout': 'The other side stopped answering.',
  'too-slow': 'The client did not read fast enough.',
  'too-many-connections': 'The server takes no further connection.',
  lost: 'The connection was lost.',
  'refused-origin': 'The server does not serve pages of this origin.',
  'server-error': 'The server met an error of its own.',
  'session-over': 'The session that was to go on is over: log in anew.',
  transferred: 'The client goes on at another server.',
  'server-full': 'The server is full.',
  left: 'The page was closed or left.',
  'message-mismatch': 'Server and client do not have the same messages.',
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
  'wrong-state': 'A message came when the connection did not stand where it is taken.',
}

/** A sentence for people that says what a close code means. */
export function closeText(code: number): string {
  const name = closeName(code)
  if (name in CloseReason) return texts[name as CloseName]
  return `The connection was closed with ${name === 'game' ? 'the game’s own' : 'the unknown'} code ${code}.`
}
