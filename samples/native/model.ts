/** What server and players share: the messages of a guessing game. */
import { uint8, uint32, wire } from 'fieldcast'
import { defineMessage, messages } from 'fieldcast/messages'

export const most = 100

/** The reply says where the server's number is from there. */
export const Guess = defineMessage(
  'guess',
  { number: uint8 },
  { side: 'server', reply: wire.oneOf('higher', 'lower', 'right') },
)

/** Somebody has found it. The next game has begun. */
export const Found = defineMessage('found', { player: uint32, number: uint8, guesses: uint32 }, { side: 'client' })

export const talk = messages([Guess, Found])
