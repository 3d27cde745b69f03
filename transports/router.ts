/**
 * Routers: a process of its own holds the players' connections and forwards them over a few links to the game server. It knows no classes and needs no build of the
 * game; to the server each player is a connection like any other. docs/routers.md.
 */
import type { Listener } from '../lib/link/transport.ts'
import { Routed, type RoutedDialOptions, type RoutedOptions } from './router/routed.ts'
import { LinkedRouter, type Router, type RouterOptions } from './router/router.ts'

export type { RouterEvents, RouterState } from './router/events.ts'
export type { RouterLimits } from './router/limits.ts'
export type { RoutedDialOptions, RoutedOptions } from './router/routed.ts'
export type { Router, RouterOptions } from './router/router.ts'

/**
 * Makes a router. `start` it.
 *
 * ```ts
 * const router = createRouter({ listen: websocket({ port: 7200 }), server: 'ws://10.0.0.5:7300', secret })
 * await router.start()
 * ```
 * @throws UsageError for a secret that is too short, and for options that cannot be followed.
 */
export function createRouter(options: RouterOptions): Router {
  return new LinkedRouter(options)
}

/**
 * What a game server listens on for the players of routers, beside other transports or alone: links come to `listener`, or are dialled to where a router listens for them.
 *
 * ```ts
 * createServer({ classes, transports: [routed(websocket({ port: 7300, host: '10.0.0.5' }), { secret })] })
 * createServer({ classes, transports: [routed({ dial: 'wss://router.example:7301', secret })] })
 * ```
 * @throws UsageError for a secret that is too short, and for options that cannot be followed.
 */
export function routed(listener: Listener, options: RoutedOptions): Listener
export function routed(options: RoutedDialOptions): Listener
export function routed(first: Listener | RoutedDialOptions, options?: RoutedOptions): Listener {
  // A wire of both halves has a `dial` too.
  return 'listen' in first ? new Routed(first, options ?? { secret: '' }) : new Routed(null, first)
}
