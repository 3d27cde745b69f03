/** What of Node's http servers shows in our own types: by its shape, so that a game's type check needs no @types/node. */

/** A server of node:http or node:https. */
export interface UpgradableServer {
  readonly listening: boolean
  on(event: string, listener: (...args: any[]) => void): unknown
  off(event: string, listener: (...args: any[]) => void): unknown
  address(): unknown
}

/** The request that asks for an upgrade: node:http's IncomingMessage. */
export interface UpgradeRequest {
  readonly url?: string | undefined
  readonly headers: {
    readonly origin?: string | undefined
    readonly host?: string | undefined
    readonly [name: string]: unknown
  }
}

/** What node:https takes: PEM texts or buffers, and any other of its options. */
export interface TlsOptions {
  readonly key?: unknown
  readonly cert?: unknown
  readonly ca?: unknown
  readonly passphrase?: string
  readonly [option: string]: unknown
}
