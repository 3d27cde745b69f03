/** What server and client share: the messages, and when each is taken. There are no objects. */
import { bool, list, str } from 'fieldcast'
import { defineMessage, messages } from 'fieldcast/messages'

/** Most people in the room. */
export const mostPeople = 128

const name = str(32)
const text = str(500)
/** What somebody would like to be called: the server makes a name of it, which is the reply. */
const wish = { name: str(200) }

/** Only from those who are new: the connection's mode is the server's word on that. */
export const Join = defineMessage('join', wish, { side: 'server', mode: 'new', reply: name })

const inTheRoom = { side: 'server', mode: 'chat' } as const
export const Say = defineMessage('say', { text }, inTheRoom)
export const Nick = defineMessage('nick', wish, { ...inTheRoom, reply: name })
export const Whisper = defineMessage('whisper', { to: str(200), text }, inTheRoom)

const toPeople = { side: 'client' } as const
/** What somebody said, to all; a whisper to one alone. */
export const Line = defineMessage('line', { from: name, text, whispered: bool }, toPeople)
/** What has happened, in words. */
export const Notice = defineMessage('notice', { text: str(200) }, toPeople)
/** Who is in the room. */
export const Players = defineMessage('players', { names: list(name, mostPeople) }, toPeople)

export const talk = messages([Join, Say, Nick, Whisper, Line, Notice, Players], { mode: 'new' })
