/** The class that all network classes extend. It knows nothing of networks: what it can do is what the engine that made it attached. */
import { UsageError } from '../base/errors.ts'

/** A client, as far as both sides know it. On the server it is the `Client` of 'fieldcast/server' itself. */
export interface ClientRef {
  /** Unique for a server run. */
  readonly id: number
}

/** The client whose call a handler on the server is serving: what the shared file may know of it. The `Client` of 'fieldcast/server' is one. */
export interface Caller extends ClientRef {
  readonly avatar: NetworkObject | null
  /** Whatever the game wants to remember of this connection. */
  readonly context: Record<string, unknown>
  /** Round trip in ms as the heartbeat last measured it; 0 before. */
  readonly latency: number
  /** Ends the connection, with a code of the library or of the game's own (1000 to 65,535). */
  kick(reason?: string | number, text?: string): void
}

/** What an engine hangs on an object that it made. */
export interface Attachment {
  readonly id: number
  readonly storedId: string | null
  readonly zone: number | null
  readonly owner: ClientRef | null
  readonly caller: Caller | null
  /** An object with a method for each field; calling one sends it. */
  readonly send: object
  delete(): void
  /** On the server; elsewhere a sentence that says why there are none. */
  readonly powers: Powers | string
}

/** What the server alone can do with an object. */
export interface Powers {
  /** As `send`, for some of the receivers. */
  sender(only: ClientRef | null, except: ClientRef | null): object
  enterZone(zone: number | null): Promise<void>
  transferOwner(client: ClientRef | null): void
  saved(): Promise<void>
  clear(field: string): void
}

let attachmentOf: (object: NetworkObject) => Attachment | undefined
let setAttachment: (object: NetworkObject, attachment: Attachment) => void

/**
 * Extend it, decorate the class with `@networkClass(id)` and its methods with `@field(flags)`, and share the file between server and client.
 * Instances come from `server.create`, a login's avatar, or `client.create`, never from `new`.
 */
export abstract class NetworkObject {
  #attachment: Attachment | undefined

  static {
    attachmentOf = object => object.#attachment
    setAttachment = (object, attachment) => {
      object.#attachment = attachment
    }
  }

  /** Unique for a server run; the same number on both sides. */
  get id(): number {
    return attached(this).id
  }

  /** 24 hex digits for objects made with `persistent: true`, else null. The same wherever and whenever the object is loaded. */
  get storedId(): string | null {
    return attached(this).storedId
  }

  /** The zone that the object is in, or null. */
  get zone(): number | null {
    return attached(this).zone
  }

  /** The client that owns the object, or null. */
  get owner(): ClientRef | null {
    return attached(this).owner
  }

  /** Inside a handler on the server: the client that sent the call, or null for the server. Elsewhere null. */
  get caller(): Caller | null {
    return attached(this).caller
  }

  /** `object.send.moveTo(3, 4)` sends the call; `object.moveTo(3, 4)` is a plain local call. */
  get send(): this {
    return attached(this).send as this
  }

  /** On the server: a send that reaches this client alone, if it would have received it. */
  sendTo(client: ClientRef): this {
    return powers(this).sender(client, null) as this
  }

  /** On the server: a send that reaches all its receivers but this client. */
  sendExcept(client: ClientRef): this {
    return powers(this).sender(null, client) as this
  }

  /** On the server: moves the object to a zone (0 to 2^32 - 1), or out of all with null. Resolves when an avatar's client has been handed its new zone. */
  enterZone(zone: number | null): Promise<void> {
    return powers(this).enterZone(zone)
  }

  /** On the server: gives the object to a client, or to nobody. */
  transferOwner(client: ClientRef | null): void {
    powers(this).transferOwner(client)
  }

  /** On the server: deletes the object everywhere. On the owner's client: asks the server to, where the class has `clientDelete`. */
  delete(): void {
    attached(this).delete()
  }

  /** On the server: resolves when all that was accepted so far is durable. At once where nothing is stored. */
  saved(): Promise<void> {
    return powers(this).saved()
  }

  /** On the server: drops the kept value of a field, so that its default or getter stands again. */
  clear(field: keyof this & string): void {
    powers(this).clear(field)
  }

  /** Runs when the object has come into view and all its snapshot's fields have been applied; on the server when it has been created. */
  onEnter(): void {}
  /** Runs when the object has left view or was deleted. */
  onLeave(): void {}
  /** Runs where an object that is in view gains its owner: on that owner's client and on the server. */
  onOwnerGained(): void {}
  /** Runs at the old owner, before the new one is told, and on the server. */
  onOwnerLost(): void {}
}

/** For engines: what is attached, or undefined for an object that no engine made. */
export function attachment(object: NetworkObject): Attachment | undefined {
  return attachmentOf(object)
}

/** For engines: attaches; once per object. */
export function attach(object: NetworkObject, to: Attachment): void {
  setAttachment(object, to)
}

function attached(object: NetworkObject): Attachment {
  const found = attachmentOf(object)
  if (found) return found
  throw new UsageError(
    `This ${object.constructor.name} is on no network yet. Objects come from server.create(${object.constructor.name}), client.create or a login, not from new, and act from onEnter on.`,
  )
}

function powers(object: NetworkObject): Powers {
  const found = attached(object).powers
  if (typeof found === 'string') throw new UsageError(found)
  return found
}
