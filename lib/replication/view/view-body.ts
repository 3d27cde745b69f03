/** What a client knows of one object besides what the game put into it. */
import { UsageError } from '../../base/errors.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import type { Attachment, ClientRef, NetworkObject } from '../../schema/network-object.ts'
import type { Predictions } from './predictions.ts'
import type { View } from './view.ts'

export class ViewBody implements Attachment {
  readonly view: View
  readonly type: NetworkClass
  readonly id: number
  readonly storedId: string | null
  readonly caller = null
  /** Null where the game's constructor threw: the object is asked for again when it is called. */
  object: NetworkObject | null = null
  zone: number | null
  ownerId: number
  inView = true
  predictions: Predictions | null = null
  fetchedAt: number = Number.NEGATIVE_INFINITY
  #send: object | null = null

  constructor(view: View, type: NetworkClass, id: number, storedId: string | null, zone: number | null, ownerId: number) {
    this.view = view
    this.type = type
    this.id = id
    this.storedId = storedId
    this.zone = zone
    this.ownerId = ownerId
  }

  get owner(): ClientRef | null {
    return this.ownerId === 0 ? null : { id: this.ownerId }
  }

  get isMine(): boolean {
    return this.ownerId !== 0 && this.ownerId === this.view.clientId
  }

  sender(only: ClientRef | null, except: ClientRef | null): object {
    if (only || except) throw onServer('sendTo and sendExcept choose among receivers')
    return (this.#send ??= this.view.senders.make(this.type, this, null, null))
  }

  call(field: Field, args: readonly unknown[]): unknown {
    return this.view.send(this, field, args)
  }

  delete(): void {
    this.view.askDelete(this)
  }

  enterZone(): Promise<void> {
    throw onServer('enterZone moves objects')
  }

  transferOwner(): void {
    throw onServer('transferOwner gives objects away')
  }

  saved(): Promise<void> {
    throw onServer('saved() waits for the store')
  }

  clear(): void {
    throw onServer('clear() drops kept values')
  }
}

function onServer(what: string): UsageError {
  return new UsageError(`${what}, which the server alone may do. Give the class a field for it and let the server decide in its handler.`)
}
