/** The browser's WebSocket. It tells nobody why it failed. */
import type { Refusal, Socket, SocketFailure, SocketOptions } from './platform.ts'

/** Starts to connect. Throws where the browser refuses the url. */
export function openSocket(url: string, _options: SocketOptions): Socket {
  return new WebSocket(url) as unknown as Socket
}

export const reasonOf = (_event: SocketFailure): string => ''
export const refusalOf = (_error: unknown): Refusal | null => null
