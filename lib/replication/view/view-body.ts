/** What a client knows of one object besides what the game put into it. */
import type { NetworkClass } from '../../schema/network-class.ts'
import type { Attachment, ClientRef, NetworkObject } from '../../schema/network-object.ts'
import type { Predictions } from './predictions.ts'

/** What an object asks of the client that sees it. */
export interface Sight {
  /** The client's id. */
  readonly me: number
  /** The object whose methods send. */
  sender(body: ViewBody): object
  askDelete(body: ViewBody): void
}

export class ViewBody implements Attachment {
  declare readonly type: NetworkClass
  declare readonly id: number
  declare readonly storedId: string | null
  readonly caller = null
  readonly powers = 'This is for the server alone, for example in the handler of a field.'
  /** Null where the game's constructor threw: the object is asked for again when it is called. */
  object: NetworkObject | null = null
  declare zone: number | null
  declare ownerId: number
  inView = true
  predictions: Predictions | null = null
  /** Where its Latest fields' bases are, by the field's index. */
  slots: (number | undefined)[] | null = null
  fetchedAt: number = Number.NEGATIVE_INFINITY
  readonly #sight: Sight
  #send: object | null = null

  constructor(
    sight: Sight,
    type: NetworkClass,
    id: number,
    storedId: string | null,
    zone: number | null,
    owner: number,
  ) {
    this.#sight = sight
    this.type = type
    this.id = id
    this.storedId = storedId
    this.zone = zone
    this.ownerId = owner
  }

  get owner(): ClientRef | null {
    return this.ownerId === 0 ? null : { id: this.ownerId }
  }

  get isMine(): boolean {
    return this.ownerId !== 0 && this.ownerId === this.#sight.me
  }

  get send(): object {
    return (this.#send ??= this.#sight.sender(this))
  }

  delete(): void {
    this.#sight.askDelete(this)
  }
}
