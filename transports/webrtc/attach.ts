/**
 * Takes requests for certain paths from an http server that somebody else has. All its own handlers, whenever they were added, see every other request
 * and none of these; so `emit` is where they are taken, and it is as it was when the last path is given back.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { UsageError } from '../../lib/base/errors.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** The part of a server that is used. */
interface Emitting {
  emit(event: string, ...args: unknown[]): boolean
}

const taken = new WeakMap<object, Map<string, Handler>>()

/** Has `handler` answer all requests for `path`. @throws UsageError where another one does. */
export function takePath(server: object, path: string, handler: Handler): void {
  const paths = taken.get(server) ?? intercept(server as Emitting)
  if (paths.has(path))
    throw new UsageError(`Another webrtc() takes offers at ${path} of this server: give each a { path } of its own.`)
  paths.set(path, handler)
}

/** Undoes `takePath`. */
export function giveBackPath(server: object, path: string): void {
  const paths = taken.get(server)
  paths?.delete(path)
  if (paths?.size !== 0) return
  // Somebody else may have put a function of theirs over ours: then ours stays, and lets everything pass.
  const { emit } = server as { emit: { paths?: unknown } }
  if (emit.paths !== paths) return
  delete (server as { emit?: unknown }).emit
  taken.delete(server)
}

/** The path of a request, without its query. */
export function pathOf(request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? ''
}

function intercept(server: Emitting): Map<string, Handler> {
  const paths = new Map<string, Handler>()
  const { emit } = server
  const replaced = function (this: unknown, event: string, ...args: unknown[]): boolean {
    const handler = event === 'request' ? paths.get(pathOf(args[0] as IncomingMessage)) : undefined
    if (!handler) return emit.call(this, event, ...args)
    handler(args[0] as IncomingMessage, args[1] as ServerResponse)
    return true
  }
  server.emit = Object.assign(replaced, { paths })
  taken.set(server, paths)
  return paths
}
