/** The control: bare `ws` with msgpackr, a frame for each message, answers by number. It checks nothing. */
import { Packr } from 'msgpackr'
import { WebSocket, WebSocketServer } from 'ws'
import type { JoinTalk, ServeTalk } from './talk.ts'

const packr = new Packr({ useRecords: false })
const options = { perMessageDeflate: false, skipUTF8Validation: true }

interface Said {
  readonly type: 'add' | 'line' | 'count'
  readonly number?: number
  readonly a?: number
  readonly b?: number
}

export const serve: ServeTalk = http => {
  let lines = 0
  new WebSocketServer({ server: http, ...options }).on('connection', socket => {
    socket.on('message', (frame: Buffer) => {
      const { type, number, a = 0, b = 0 } = packr.unpack(frame) as Said
      if (type === 'line') lines++
      else socket.send(packr.pack({ number, value: type === 'add' ? a + b : lines }))
    })
  })
}

export const join: JoinTalk = url => {
  const socket = new WebSocket(`ws://${url}`, options)
  const waiting = new Map<number, (value: number) => void>()
  let last = 0
  const ask = (said: object): Promise<number> => {
    const number = ++last
    socket.send(packr.pack({ ...said, number }))
    return new Promise(resolve => waiting.set(number, resolve))
  }
  socket.on('message', (frame: Buffer) => {
    const { number, value } = packr.unpack(frame) as { number: number; value: number }
    waiting.get(number)?.(value)
    waiting.delete(number)
  })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('open', () =>
      resolve({
        add: (a, b) => ask({ type: 'add', a, b }),
        line: (text, at) => socket.send(packr.pack({ type: 'line', text, at })),
        count: () => ask({ type: 'count' }),
        close: () => socket.close(),
      }),
    )
  })
}
