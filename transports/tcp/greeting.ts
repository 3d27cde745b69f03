/** The first eight bytes of a connection, by which both ends know that they speak of the same. */
import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Clock } from '../../lib/base/clock.ts'
import { closeFrame, GREETING, greeting, MAGIC, PATIENCE, REFUSED } from './wire.ts'

/** What came first. */
export interface Greeting {
  /** The other end's version of this wire; null where it speaks something else. */
  readonly version: number | null
  /** What came behind the greeting; from a stranger, its first bytes. */
  readonly rest: Buffer
}

/** Listens until it is clear what the other end speaks: a wrong byte is known at once. Calls `heard` at most once. */
export function listenForGreeting(socket: Socket, heard: (greeting: Greeting) => void): void {
  let known = 0
  const finish = (version: number | null, rest: Buffer): void => {
    socket.off('data', read)
    heard({ version, rest })
  }
  const read = (chunk: Buffer): void => {
    for (let at = 0; at < chunk.length; at++, known++) {
      if (known === GREETING - 1) return finish(chunk[at]!, chunk.subarray(at + 1))
      if (chunk[at] !== MAGIC[known]) return finish(null, chunk)
    }
  }
  socket.on('data', read)
}

/** Ends a connection that was never opened, with a reason that the other end can read. */
export function turnAway(socket: Socket, clock: Clock, code: number, text: string): void {
  leave(socket, clock, greeting(REFUSED, closeFrame(code, text)))
}

/** Ends the connection of one who speaks something else: in the words of HTTP if it seems to be that. */
export function turnStrangerAway(socket: Socket, clock: Clock, first: Buffer, code: number): void {
  const isText = first[0]! >= 0x41 && first[0]! <= 0x5a
  if (!isText) return turnAway(socket, clock, code, 'Something else than fieldcast over TCP was spoken.')
  const body = 'This is a game server: it speaks fieldcast over TCP, not HTTP.\n'
  const head = `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}`
  leave(socket, clock, `${head}\r\n\r\n${body}`)
}

/** Says a last word. What still comes is read and forgotten, for to close on it would take that word back. */
function leave(socket: Socket, clock: Clock, words: Buffer | string): void {
  const force = clock.after(PATIENCE, () => socket.destroy())
  socket.once('close', () => force.cancel())
  socket.once('end', () => socket.destroy())
  socket.resume()
  socket.end(words)
}
