/** What `object.send` gives on the server: an object with one method per field. One class of it is built per network class, and none of them holds a closure. */
import type { NetworkClass } from '../../schema/network-class.ts'
import type { Body } from './body.ts'
import type { RemoteClient } from './client.ts'
import { serverSend } from './server-send.ts'

export type ServerSender = new (body: Body, only: RemoteClient | null, except: RemoteClient | null) => object

// Symbols: a field may bear any name.
const of = Symbol('of')
const onlyTo = Symbol('onlyTo')
const notTo = Symbol('notTo')

export function serverSender({ fields }: NetworkClass): ServerSender {
  class Sender {
    readonly [of]: Body
    readonly [onlyTo]: RemoteClient | null
    readonly [notTo]: RemoteClient | null

    constructor(body: Body, only: RemoteClient | null, except: RemoteClient | null) {
      this[of] = body
      this[onlyTo] = only
      this[notTo] = except
    }
  }
  for (const field of fields)
    Object.defineProperty(Sender.prototype, field.name, {
      value(this: Sender, ...args: unknown[]) {
        const body = this[of]
        return serverSend(body.archetype.authority, body, field, args, this[onlyTo], this[notTo])
      },
    })
  return Sender
}
