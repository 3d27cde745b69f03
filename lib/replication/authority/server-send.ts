/** A send of the server's own, up to where it joins the path of all calls. Rules 3, 5 and 7 of docs/guarantees.md. */
import { UsageError } from '../../base/errors.ts'
import type { Field } from '../../schema/network-class.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import { borrowWriter, passThrough, returnWriter, writeArguments } from './call-arguments.ts'
import { type Origin, perform } from './call-path.ts'
import type { RemoteClient } from './client.ts'

const fromServer: Origin = { client: null, request: 0, only: null, except: null, settle: null }

/**
 * `object.send.field(...args)` on the server.
 * @param args become those that the handler gets.
 * @throws ArgumentError at once for arguments that do not fit.
 */
export function serverSend(
  authority: Authority,
  body: Body,
  field: Field,
  args: unknown[],
  only: RemoteClient | null,
  except: RemoteClient | null,
): unknown {
  if (body.deleted) throw new UsageError(`${field.path} was sent on object ${body.id}, which has been deleted.`)
  if (body.activity?.running === field)
    throw new UsageError(
      `The handler of ${field.path} sends ${field.name} on the same object again. To change what goes on, return amend(...) from the handler instead.`,
    )
  const w = borrowWriter()
  try {
    writeArguments(authority, field, w, args)
    const values = passThrough(authority, body.archetype, field, w, args)
    if (field.isRequest) return request(authority, body, field, values, w.bytes, w.position, only, except)
    hand(
      authority,
      body,
      field,
      values,
      w.bytes,
      w.position,
      only || except ? { ...fromServer, only, except } : fromServer,
    )
    return undefined
  } finally {
    returnWriter()
  }
}

function hand(
  authority: Authority,
  body: Body,
  field: Field,
  values: readonly unknown[],
  bytes: Uint8Array,
  length: number,
  origin: Origin,
): void {
  if (!perform(authority, body, field, values, bytes, 0, length, origin))
    throw new UsageError(
      `${field.path} was sent on object ${body.id}, where ${authority.limits.waitingCalls} calls wait already behind a handler that has not ended.`,
    )
}

function request(
  authority: Authority,
  body: Body,
  field: Field,
  values: readonly unknown[],
  bytes: Uint8Array,
  length: number,
  only: RemoteClient | null,
  except: RemoteClient | null,
): Promise<unknown> {
  let settle: Origin['settle'] = null
  const answer = new Promise((resolve, reject) => {
    settle = { resolve, reject }
  })
  // A request that nobody awaits must not end the process when it is vetoed.
  answer.catch(() => {})
  hand(authority, body, field, values, bytes, length, { ...fromServer, only, except, settle })
  return answer
}
