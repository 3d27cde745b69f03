/** What server and client share: the messages. There are no objects. */
import { float64, str } from 'fieldcast'
import { defineMessage, messages } from 'fieldcast/messages'

/** The text comes back as the reply. */
export const Echo = defineMessage('echo', { text: str(1000) }, { side: 'server', reply: str(1000) })

/** The reply is the time on the server's clock when this came, ms. */
export const Ping = defineMessage('ping', {}, { side: 'server', reply: float64 })

/** The last words of a client that goes. */
export const Quit = defineMessage('quit', { why: str(100) }, { side: 'server' })

/** Ends the server. */
export const Stop = defineMessage('stop', {}, { side: 'server' })

export const talk = messages([Echo, Ping, Quit, Stop])
