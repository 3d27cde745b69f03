/** Messages of fieldcast as they come: every check on, and only the limits raised that a flood would meet. */
import { connect } from 'fieldcast/client'
import { createServer } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { Add, Count, type JoinTalk, Line, type ServeTalk, talk } from './talk.ts'

export const serve: ServeTalk = async http => {
  const server = createServer({
    classes: [],
    messages: talk(),
    transports: [websocket({ server: http })],
    limits: { callsPerSecond: 1e9, bytesPerSecond: 1e12 },
  })
  let lines = 0
  server.messages.on(Add, ({ a, b }) => a + b)
  server.messages.on(Line, () => void lines++)
  server.messages.on(Count, () => lines)
  await server.start()
}

export const join: JoinTalk = async url => {
  const client = await connect(`ws://${url}`, { classes: [], messages: talk() })
  const { messages } = client
  return {
    add: (a, b) => messages.ask(Add, { a, b }),
    line: (text, at) => messages.send(Line, { text, at }),
    count: () => messages.ask(Count, {}),
    close: () => client.close(),
  }
}
