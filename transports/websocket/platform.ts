/** What the client half asks of a WebSocket: browsers, new Nodes and the package `ws` all have it. */

/** The part of the platform's WebSocket that is used. */
export interface Socket {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount: number
  onopen: ((event: any) => void) | null
  onmessage: ((event: any) => void) | null
  onerror: ((event: any) => void) | null
  onclose: ((event: any) => void) | null
  send(bytes: Uint8Array): void
  close(code?: number, reason?: string): void
  /** Only `ws` can end a connection at once. */
  terminate?(): void
}

/** What a socket's error event says; in browsers nothing. */
export interface SocketFailure {
  readonly message?: string
  readonly error?: { readonly message?: string; readonly code?: string; readonly cause?: unknown }
}

/** How a connection ended, or why its bytes were refused. */
export interface Refusal {
  readonly code: number | undefined
  readonly text: string
}

/** How a Node client checks the server's certificate and shows its own; browsers do this by themselves. PEM texts. */
export interface DialerTls {
  /** Authorities that are trusted instead of the well-known ones. */
  readonly ca?: string | Uint8Array
  readonly cert?: string | Uint8Array
  readonly key?: string | Uint8Array
  /** The name that the certificate is checked against. @default the url's host */
  readonly servername?: string
  /** False accepts any certificate: for tests alone. @default true */
  readonly rejectUnauthorized?: boolean
}

/** What the platform's half is told beside the url. */
export interface SocketOptions {
  /** Longest frame, bytes, where the platform can watch it. */
  readonly maxFrame: number
  readonly tls: DialerTls | undefined
}
