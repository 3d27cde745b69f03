/** The browser's WebSocket. It tells nobody why it failed. */
import type { Refusal, Socket, SocketFailure, SocketOptions } from './platform.ts'

/** Starts to connect. Throws where the browser refuses the url. */
export function openSocket(url: string, _options: SocketOptions): Socket {
  return new WebSocket(url) as unknown as Socket
}

// Empty, so that bundlers leave out the calls.
export function reasonOf(_event: SocketFailure, _url: string): undefined {}
export function whenRefused(_error: unknown, _then: (refusal: Refusal) => void): void {}
