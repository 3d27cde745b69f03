/** Messages in Socket.IO: events, and acknowledgements for answers. */
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import type { JoinTalk, ServeTalk } from '../net/talk.ts'

export const serve: ServeTalk = http => {
  let lines = 0
  new Server(http, { transports: ['websocket'] }).on('connection', socket => {
    socket.on('add', ({ a, b }: { a: number; b: number }, answer: (value: number) => void) => answer(a + b))
    socket.on('line', () => void lines++)
    socket.on('count', (answer: (value: number) => void) => answer(lines))
  })
}

export const join: JoinTalk = url => {
  const socket = io(`http://${url}`, { transports: ['websocket'], forceNew: true })
  const ask = (name: string, ...args: unknown[]): Promise<number> =>
    new Promise(resolve => socket.emit(name, ...args, resolve))
  return new Promise((resolve, reject) => {
    socket.on('connect_error', reject)
    socket.once('connect', () =>
      resolve({
        add: (a, b) => ask('add', { a, b }),
        line: (text, at) => socket.emit('line', { text, at }),
        count: () => ask('count'),
        close: () => socket.close(),
      }),
    )
  })
}
