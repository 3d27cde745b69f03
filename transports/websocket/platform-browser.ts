/** The browser's WebSocket. */
import type { Socket, SocketOptions } from './platform.ts'

/** Starts to connect. Throws where the browser refuses the url. */
export function openSocket(url: string, _options: SocketOptions): Socket {
  return new WebSocket(url) as unknown as Socket
}
