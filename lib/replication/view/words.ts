/** What a client says when the game asks for what cannot be, and of events that nobody listens to. Loaded late, with beside.ts. */
import type { Hello } from '../../protocol/messages.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import type { ClientEvents } from './events.ts'

// ---- errors of the game's

export const hasLeft = ({ path }: Field, id: number): string =>
  `${path} was sent on object ${id}, which has left this client's view. Drop objects in onLeave().`

export function mayNotSend({ path }: Field, isForOwner: boolean): string {
  const who = isForOwner ? 'the object’s owner' : 'the server'
  return `${path} cannot be sent from here: only ${who} may send it. Flags.OwnerSend lets the owner, Flags.ClientSend whoever sees the object.`
}

export const isTooLong = ({ path }: Field, bytes: number, most: number): string =>
  `${path}: the arguments take ${bytes} bytes, a call may take ${most}.`

export const mayNotDelete = ({ name }: NetworkClass, id: number): string =>
  `Object ${id} (${name}) cannot be deleted from here: @networkClass(id, { clientDelete: true }) allows it to the owner.`

export const mayNotCreate = ({ id, name }: NetworkClass): string =>
  `${name} cannot be created by clients: @networkClass(${id}, { clientCreate: true }) allows it.`

export const isUnknown = (name: string): string =>
  `${name} is not among this client's classes: connect(url, { classes: [...] }).`

/** @throws the error, for whoever has none. */
export function noMessages(Fault: new (text: string) => Error): never {
  throw new Fault('This client takes no messages: connect(url, { messages: messages([...]) }) does.')
}

export const noAvatar = 'This server gives its clients no avatar: createServer({ avatar: ... }) would.'

export const otherAvatar = (avatar: object | null, expected: string): string =>
  `This server's avatars are ${avatar ? `of ${avatar.constructor.name}` : 'none'}, not ${expected}.`

// ---- reasons to end a connection

export const otherProtocol = ({ library, protocol }: Hello, own: number): string =>
  `The server (${library}) speaks protocol ${protocol}, this client ${own}.`

export const isTooSlow = 'The server does not read what this client sends.'

// ---- events that nobody listens to

export const lost = ({ reason, windowMs }: ClientEvents['lost']): string =>
  `the connection is lost (${reason}). Trying again for ${windowMs / 1000} s.`

export const ended = ({ reason, text }: ClientEvents['close']): string =>
  `the connection has ended: ${text === reason ? reason : `${text} (${reason})`}`

export const vetoed = ({ field, reason }: ClientEvents['vetoed']): string => `${field} was vetoed: ${reason}`
